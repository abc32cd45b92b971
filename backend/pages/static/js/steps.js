// The pages of a tour: keeps them for places without a network, and sends what was reported there (`service-worker.js`).
if ("serviceWorker" in navigator) {
  const own = globalThis.trustedTypes?.createPolicy("worker", { createScriptURL: (address) => address });
  const worker = "/service-worker.js";
  navigator.serviceWorker.register(own ? own.createScriptURL(worker) : worker).catch(() => {});
}

const QUEUE = "tour-steps";
const list = document.getElementById("queue");
let shown = "";
let sending = false;

async function records() {
  const cache = await caches.open(QUEUE);
  const found = await Promise.all((await cache.keys()).map(async (kept) => (await cache.match(kept)).json()));
  return found.sort((one, other) => one.at - other.at);
}

async function keep(record) {
  await (await caches.open(QUEUE)).put(`/tours/queue/${record.key}`, Response.json(record));
}

async function drop(record) {
  await (await caches.open(QUEUE)).delete(`/tours/queue/${record.key}`);
  await show();
}

async function show() {
  const found = await records();
  if (JSON.stringify(found) === shown) return;
  shown = JSON.stringify(found);
  list.hidden = !found.length;
  list.replaceChildren(
    ...found.map((record) => {
      const line = document.createElement("li");
      const hour = new Date(record.at).toLocaleTimeString(document.documentElement.lang, { timeStyle: "short" });
      const { waiting, lost, drop: seen } = list.dataset;
      line.append(`${hour} · ${record.words ? `${lost} · ${record.words}` : waiting}`);
      if (record.words) {
        const button = document.createElement("button");
        button.className = "button button-outline";
        button.textContent = seen;
        button.addEventListener("click", () => drop(record));
        line.append(button);
      }
      return line;
    }),
  );
}

async function send() {
  if (sending) return;
  sending = true;
  let received = 0;
  for (const record of (await records()).filter((one) => !one.words)) {
    const ago = Math.max(0, Math.floor((Date.now() - record.at) / 1000));
    const body = new URLSearchParams([...record.fields, ["seconds_ago", ago]]);
    const answer = await fetch(record.path.replace(/steps$/, "late"), { method: "POST", body }).catch(() => null);
    if (answer?.status === 404) continue; // a tour of somebody else who used this browser: it waits for them
    if (!answer?.ok || !answer.headers.get("Content-Type")?.includes("json")) break; // no network, or signed out: it waits
    const told = await answer.json();
    if (told.received) {
      await (await caches.open(QUEUE)).delete(`/tours/queue/${record.key}`);
      received += 1;
    } else await keep({ ...record, words: told.words });
  }
  sending = false;
  await show();
  if (received && !document.querySelector("form :focus")) location.replace(location.pathname);
}

// The stops of the tour that is shown, so that they can be opened without a network.
async function keepStops() {
  const passes = await caches.open("passes");
  for (const link of document.querySelectorAll(".stops .plain-link")) {
    const answer = await fetch(link.href).catch(() => null);
    if (answer?.ok && answer.headers.has("Kept-Until")) await passes.put(new URL(link.href).pathname, answer);
  }
}

if (list && "caches" in globalThis) {
  send();
  setInterval(send, 30_000);
  addEventListener("online", send);
  if (navigator.onLine) keepStops();
}
