// Lets the browser keep what is needed without a network (`/service-worker.js`), and lists the passes that it keeps.
if ("serviceWorker" in navigator) {
  const own = globalThis.trustedTypes?.createPolicy("worker", { createScriptURL: (address) => address });
  const worker = "/service-worker.js";
  navigator.serviceWorker.register(own ? own.createScriptURL(worker) : worker).catch(() => {});
}

const list = document.querySelector("[data-kept]");
if (list && "caches" in globalThis) {
  const passes = await caches.open("passes");
  const kept = [];
  for (const request of await passes.keys()) {
    const { headers } = await passes.match(request);
    const until = Date.parse(headers.get("Kept-Until"));
    if (until > Date.now()) kept.push([until, new URL(request.url).pathname, headers.get("Kept-As")]);
  }
  for (const [, path, name] of kept.sort((one, other) => one[0] - other[0])) {
    const item = list.querySelector("template").content.cloneNode(true);
    const link = item.querySelector("a");
    link.href = path;
    link.firstElementChild.textContent = decodeURIComponent(name ?? path);
    list.querySelector("ul").append(item);
  }
  list.hidden = !kept.length;
}
