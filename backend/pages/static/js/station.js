// The device at a counter: what was shown without a network, and a sound by choice.

// As offline.js does, without its list of passes and without another request.
if ("serviceWorker" in navigator) {
  const own = globalThis.trustedTypes?.createPolicy("worker", { createScriptURL: (address) => address });
  const worker = "/service-worker.js";
  navigator.serviceWorker.register(own ? own.createScriptURL(worker) : worker).catch(() => {});
}

const QUEUE = "station-queue";
const list = document.getElementById("queue");
let shown = "";
const state = document.querySelector("[data-online]");

function showNetwork() {
  if (!state) return;
  state.hidden = false;
  state.textContent = navigator.onLine ? state.dataset.online : state.dataset.offline;
  state.classList.toggle("state-done", navigator.onLine);
  state.classList.toggle("state-running", !navigator.onLine);
}

async function records() {
  const cache = await caches.open(QUEUE);
  const found = await Promise.all((await cache.keys()).map(async (kept) => (await cache.match(kept)).json()));
  return found.sort((one, other) => one.at - other.at);
}

async function keep(record) {
  await (await caches.open(QUEUE)).put(`/station/queue/${record.key}`, Response.json(record));
}

async function drop(record) {
  await (await caches.open(QUEUE)).delete(`/station/queue/${record.key}`);
  await show();
  (list.querySelector("button") ?? document.getElementById("shown")).focus(); // the button that was pressed is gone
}

async function show() {
  const found = await records();
  if (JSON.stringify(found) === shown) return; // so that a button keeps the focus, and nothing is read out again
  shown = JSON.stringify(found);
  list.hidden = !found.length;
  list.replaceChildren(
    ...found.map((record) => {
      const line = document.createElement("li");
      const { lang } = document.documentElement;
      const clock = new Date(record.at).toLocaleTimeString(lang, { timeStyle: "short" });
      const hour = lang === "fr" ? clock.replace(/^0?(\d+):/, "$1\u00a0h\u00a0") : clock;
      const { waiting, handed, lost, drop: seen } = list.dataset;
      const what = { handed, lost }[record.state] ?? waiting;
      line.append(`${hour} · ${what}${record.words ? ` · ${record.words}` : ""}`);
      if (record.state) {
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
  for (const record of (await records()).filter((one) => !one.state)) {
    const ago = Math.max(0, Math.floor((Date.now() - record.at) / 1000));
    const body = new URLSearchParams({ shown: record.shown, pin: record.pin, _key: record.key, seconds_ago: ago });
    const answer = await fetch("/station/late", { method: "POST", body }).catch(() => null);
    if (!answer?.ok) break; // still no network: it waits
    const { handed, words } = await answer.json();
    await keep({ key: record.key, at: record.at, state: handed ? "handed" : "lost", words });
  }
  await show();
}

if (list && "caches" in globalThis) {
  send();
  setInterval(send, 30_000);
  addEventListener("online", send);
}
for (const kind of ["online", "offline"]) addEventListener(kind, showNetwork);
showNetwork();

document.querySelector("[data-focus]")?.focus();

// The choice of a sound is the device's and no person's, so it may stay on it.
const SOUND = "station.sound";
const button = document.querySelector("[data-sound]");
if (button) {
  const show = () => button.setAttribute("aria-pressed", String(localStorage.getItem(SOUND) === "on"));
  button.hidden = false;
  button.addEventListener("click", () => {
    localStorage.setItem(SOUND, localStorage.getItem(SOUND) === "on" ? "off" : "on");
    if (localStorage.getItem(SOUND) === "on") play("high");
    show();
  });
  show();
}
const said = document.querySelector("[data-tone]")?.dataset.tone;
if (said && localStorage.getItem(SOUND) === "on") play(said);

function play(tone) {
  const audio = new AudioContext();
  const sound = new OscillatorNode(audio, { frequency: tone === "high" ? 880 : 220 });
  const loudness = new GainNode(audio, { gain: 0.2 });
  sound.connect(loudness).connect(audio.destination);
  sound.start();
  sound.stop(audio.currentTime + (tone === "high" ? 0.15 : 0.4));
}
