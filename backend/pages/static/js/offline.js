// Lets the browser keep what is needed without a network (`/service-worker.js`).
if ("serviceWorker" in navigator) {
  const own = globalThis.trustedTypes?.createPolicy("worker", { createScriptURL: (address) => address });
  const worker = "/service-worker.js";
  navigator.serviceWorker.register(own ? own.createScriptURL(worker) : worker).catch(() => {});
}
