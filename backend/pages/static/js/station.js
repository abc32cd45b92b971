// The device at a counter: what was shown without a network, and a sound by choice.

const list = document.getElementById("queue");
const state = document.querySelector("[data-online]");

function showNetwork() {
  if (!state) return;
  state.hidden = false;
  state.textContent = navigator.onLine ? state.dataset.online : state.dataset.offline;
  state.classList.toggle("state-done", navigator.onLine);
  state.classList.toggle("state-running", !navigator.onLine);
}

async function sends(record, ago) {
  const body = new URLSearchParams({ shown: record.shown, pin: record.pin, _key: record.key, seconds_ago: ago });
  const answer = await fetch("/station/late", { method: "POST", body }).catch(() => null);
  if (!answer?.ok) return "waits"; // still no network
  const { handed, words } = await answer.json();
  return { key: record.key, at: record.at, state: handed ? "handed" : "lost", words };
}

if (list && "caches" in globalThis) {
  const { waiting, handed, lost } = list.dataset;
  queue(list, {
    name: "station-queue",
    path: "/station/queue/",
    isOver: (record) => Boolean(record.state),
    words: (record) => `${{ handed, lost }[record.state] ?? waiting}${record.words ? ` · ${record.words}` : ""}`,
    sends,
    // The button that was pressed is gone.
    seen: () => (list.querySelector("button") ?? document.getElementById("shown")).focus(),
  });
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
