// Keeps a page current: asks for it again every 20 s while it is visible, and replaces the regions that changed.
// What somebody types, focus and open folds stay as they are. XMLHttpRequest parses the page without running anything.
const EVERY = 20_000;
const FIELDS = "input:not([type=hidden]), select, textarea";
const meta = document.querySelector("meta[name=live]");
const address = new URL(location.href);
address.searchParams.delete("done");
address.hash = "";
const said = document.createElement("p");
said.className = "visually-hidden";
said.role = "status";
document.body.append(said);
let tag = meta.content;
let looked = Date.now();
let timer;

function ask() {
  return new Promise((done) => {
    const request = new XMLHttpRequest();
    request.open("GET", address);
    request.responseType = "document";
    request.timeout = EVERY;
    request.setRequestHeader("If-None-Match", tag);
    request.addEventListener("loadend", () => done(request));
    request.send();
  });
}

function changed(field) {
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.type === "file") return field.files.length > 0;
  if (field.localName !== "select") return field.value !== field.defaultValue;
  return field.selectedIndex !== Math.max(0, [...field.options].findIndex((one) => one.defaultSelected));
}

const typed = (part) => [...part.querySelectorAll(FIELDS)].some(changed);
const inUse = (part) => typed(part) || (part.contains(document.activeElement) && document.activeElement.matches(FIELDS));
const name = (part) => part.id || part.getAttribute("href") || part.textContent;

function replace(old, fresh) {
  const open = [...old.querySelectorAll("details[open] > summary")].map(name);
  for (const one of fresh.querySelectorAll("details > summary")) one.parentElement.open ||= open.includes(name(one));
  const active = old.contains(document.activeElement) && document.activeElement;
  const top = active && active.getBoundingClientRect().top;
  old.replaceWith(document.adoptNode(fresh));
  if (!active) return;
  let again = [...fresh.querySelectorAll(active.localName)].find((one) => name(one) === name(active));
  if (!again) {
    again = fresh;
    again.tabIndex = -1;
  }
  again.focus({ preventScroll: true });
  if (again !== fresh) scrollBy(0, again.getBoundingClientRect().top - top);
}

function show(page, newTag) {
  let waits = false;
  let news = false;
  for (const old of document.querySelectorAll("[data-live]")) {
    const fresh = page.getElementById(old.id);
    if (fresh && old.isEqualNode(fresh)) continue;
    if (!fresh) return leave();
    if (inUse(old)) {
      waits = true;
      continue;
    }
    replace(old, fresh);
    news = true;
  }
  if (!waits) tag = newTag;
  if (!news) return;
  document.title = page.title;
  said.textContent = "";
  setTimeout(() => (said.textContent = meta.dataset.said), 100);
}

async function look() {
  looked = Date.now();
  const answer = await ask();
  const here = new URL(answer.responseURL || address).pathname === address.pathname;
  if (answer.status === 200 && here && answer.response) show(answer.response, answer.getResponseHeader("ETag"));
  else if (answer.status !== 304 && answer.status !== 429 && answer.status > 0 && answer.status < 500) {
    leave();
    return;
  }
  wait();
}

// Another page is here now, such as the one for signing in.
function leave() {
  if (!typed(document)) location.reload();
}

function wait() {
  clearTimeout(timer);
  timer = setTimeout(() => document.hidden || look(), Math.max(0, looked + EVERY - Date.now()));
}

document.addEventListener("visibilitychange", () => document.hidden || wait());
wait();
