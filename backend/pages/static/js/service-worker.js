// Keeps what is needed without a network, and nothing else: the pages of one's passes and tours until these are over, the
// counter of a paired device, and an offline page. What a device is shown, or a collector reports, without a network waits.
const FILES = "files";
const PASSES = "passes";
const PAGES = "pages";
const QUEUE = "station-queue";
const LEAVES = ["/sign-in", "/sign-out"]; // with these forms somebody else may use the browser from now on
const STEPS = "tour-steps";
const PASS = /^\/(reservations|tours)\/[0-9a-f-]{36}(\/stops\/\d+)?$/;
const STEP = /^\/tours\/[0-9a-f-]{36}\/stops\/\d+\/steps$/;

addEventListener("install", (event) => {
  skipWaiting();
  event.waitUntil(caches.open(PAGES).then((cache) => cache.add("/offline")));
});
addEventListener("activate", (event) => event.waitUntil(start()));

addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.method === "GET" && url.pathname.startsWith("/static/")) event.respondWith(file(request, url));
  else if (request.mode !== "navigate") return;
  else if (request.method === "POST" && url.pathname === "/station") event.respondWith(handOver(request));
  else if (request.method === "POST" && STEP.test(url.pathname)) event.respondWith(report(request, url));
  else if (request.method === "POST" && LEAVES.includes(url.pathname)) event.waitUntil(caches.delete(PASSES));
  else if (request.method === "GET") event.respondWith(page(request, url));
});

// The counter may be open already: it was opened before there was a worker to keep it.
async function start() {
  await clients.claim();
  const open = await clients.matchAll();
  if (open.some((one) => new URL(one.url).pathname === "/station")) await (await caches.open(PAGES)).add("/station").catch(() => {});
}

async function file(request, url) {
  const cache = await caches.open(FILES);
  const kept = await cache.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok && url.searchParams.has("v")) {
    for (const old of await cache.keys()) if (new URL(old.url).pathname === url.pathname) await cache.delete(old);
    await cache.put(request, answer.clone());
  }
  return answer;
}

async function page(request, url) {
  const passes = await caches.open(PASSES);
  await forget(passes);
  try {
    const answer = await fetch(request);
    if (PASS.test(url.pathname)) {
      if (answer.ok && answer.headers.has("Kept-Until")) await passes.put(url.pathname, answer.clone());
      else await passes.delete(url.pathname);
    }
    if (url.pathname === "/station" && answer.ok) await (await caches.open(PAGES)).put("/station", answer.clone());
    return answer;
  } catch {
    const pages = await caches.open(PAGES);
    const kept = url.pathname === "/station" ? await pages.match("/station") : await passes.match(url.pathname);
    return kept ?? (await pages.match("/offline")) ?? Response.error();
  }
}

async function forget(passes) {
  for (const kept of await passes.keys()) {
    const until = (await passes.match(kept)).headers.get("Kept-Until");
    if (!(Date.parse(until) > Date.now())) await passes.delete(kept);
  }
}

async function handOver(request) {
  const copy = request.clone();
  try {
    return await fetch(request);
  } catch {
    const sent = await copy.formData();
    const record = { key: crypto.randomUUID(), at: Date.now(), shown: sent.get("shown"), pin: sent.get("pin") };
    await (await caches.open(QUEUE)).put(`/station/queue/${record.key}`, Response.json(record));
    return Response.redirect("/station", 303);
  }
}

// A step that could not be sent: a script of the tour's pages sends it later, with how long ago it was.
async function report(request, url) {
  const copy = request.clone();
  try {
    return await fetch(request);
  } catch {
    const fields = [...(await copy.formData())];
    const record = { key: crypto.randomUUID(), at: Date.now(), path: url.pathname, fields };
    await (await caches.open(STEPS)).put(`/tours/queue/${record.key}`, Response.json(record));
    return Response.redirect(url.pathname.replace(/\/steps$/, ""), 303);
  }
}
