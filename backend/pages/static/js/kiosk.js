// The kiosk: time without a touch, a voice that is on the device, and printing. It keeps nothing.
// Going back must not show what a browser kept in memory of whoever left.
addEventListener("pageshow", (event) => event.persisted && location.reload());

const [seconds, next] = document.querySelector("meta[name=idle]")?.content.split(" ") ?? [];
if (next) {
  let timer;
  let prolonged = Date.now();
  const nobody = document.querySelector("form#nobody");
  const go = () => (nobody ? nobody.submit() : location.replace(next));
  const begin = () => {
    clearTimeout(timer);
    timer = setTimeout(go, seconds * 1000);
  };
  const touched = () => {
    if (next.startsWith("/kiosk/still-there")) {
      begin();
      if (Date.now() - prolonged > 60_000) {
        prolonged = Date.now();
        fetch("/kiosk/stay", { method: "POST" }).catch(() => {});
      }
    }
  };
  for (const kind of ["pointerdown", "keydown", "scroll"]) addEventListener(kind, touched, { passive: true });
  begin();
}

const print = document.querySelector("[data-print]");
if (print) {
  print.hidden = false;
  print.addEventListener("click", () => window.print());
}

// A voice of a server would send away what is said, so only a local one speaks. Codes and PINs are never marked.
const listen = document.querySelector("[data-listen]");
if (listen && "speechSynthesis" in window) {
  const language = document.documentElement.lang;
  const voice = () => speechSynthesis.getVoices().find((one) => one.localService && one.lang.startsWith(language));
  const show = () => {
    listen.hidden = !voice();
  };
  listen.addEventListener("click", () => {
    if (speechSynthesis.speaking) return speechSynthesis.cancel();
    for (const part of document.querySelectorAll("[data-speak]")) {
      const said = new SpeechSynthesisUtterance(part.innerText);
      said.voice = voice();
      said.lang = said.voice.lang;
      speechSynthesis.speak(said);
    }
  });
  speechSynthesis.addEventListener?.("voiceschanged", show);
  addEventListener("pagehide", () => speechSynthesis.cancel());
  show();
}
