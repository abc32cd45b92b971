// What was reported without a network: `service-worker.js` puts it into a cache, and here it is listed and sent later.
// steps.js and station.js begin with this file (assets.py).

// As offline.js does, without its list of passes and without another request.
if ("serviceWorker" in navigator) {
  const own = globalThis.trustedTypes?.createPolicy("worker", { createScriptURL: (address) => address });
  const worker = "/service-worker.js";
  navigator.serviceWorker.register(own ? own.createScriptURL(worker) : worker).catch(() => {});
}

// list: the element that shows what waits. name: of the cache. path: of its records.
// isOver: whether a record waits no more, and is only shown until somebody has seen it. words: what is said of a record.
// sends: sends a record of so many seconds ago; answers with `waits` if all must wait, `skips` if this one must, `received`
// if it is done with, or else the record that is shown instead. seen: after a record was seen. sent: after all were sent,
// with how many were received.
function queue(list, { name, path, isOver, words, sends, seen, sent }) {
  let shown = "";
  let sending = false;
  const keep = async (record) => (await caches.open(name)).put(`${path}${record.key}`, Response.json(record));
  const forget = async (record) => (await caches.open(name)).delete(`${path}${record.key}`);

  async function records() {
    const cache = await caches.open(name);
    const found = await Promise.all((await cache.keys()).map(async (kept) => (await cache.match(kept)).json()));
    return found.sort((one, other) => one.at - other.at);
  }

  async function show() {
    const found = await records();
    if (JSON.stringify(found) === shown) return; // so that a button keeps the focus, and nothing is read out again
    shown = JSON.stringify(found);
    list.hidden = !found.length;
    list.replaceChildren(...found.map(line));
  }

  function line(record) {
    const made = document.createElement("li");
    const { lang } = document.documentElement;
    const clock = new Date(record.at).toLocaleTimeString(lang, { timeStyle: "short" });
    const hour = lang === "fr" ? clock.replace(/^0?(\d+):/, "$1\u00a0h\u00a0") : clock;
    made.append(`${hour} · ${words(record)}`);
    if (isOver(record)) {
      const button = document.createElement("button");
      button.className = "button button-outline";
      button.textContent = list.dataset.drop;
      button.addEventListener("click", async () => {
        await forget(record);
        await show();
        seen?.();
      });
      made.append(button);
    }
    return made;
  }

  async function send() {
    if (sending) return;
    sending = true;
    let received = 0;
    for (const record of (await records()).filter((one) => !isOver(one))) {
      const said = await sends(record, Math.max(0, Math.floor((Date.now() - record.at) / 1000)));
      if (said === "waits") break;
      if (said === "skips") continue;
      if (said === "received") {
        await forget(record);
        received += 1;
      } else await keep(said);
    }
    sending = false;
    await show();
    sent?.(received);
  }

  send();
  setInterval(send, 30_000);
  addEventListener("online", send);
}
