// The pages of a tour: keeps them for places without a network, sends what was reported there, and takes signatures.
const list = document.getElementById("queue");

async function sends(record, ago) {
  const body = new URLSearchParams([...record.fields, ["seconds_ago", ago]]);
  const answer = await fetch(record.path.replace(/steps$/, "late"), { method: "POST", body }).catch(() => null);
  if (answer?.status === 404) return "skips"; // a tour of somebody else who used this browser: it waits for them
  if (!answer?.ok || !answer.headers.get("Content-Type")?.includes("json")) return "waits"; // no network, or signed out
  const told = await answer.json();
  return told.received ? "received" : { ...record, words: told.words };
}

// The stops of the tour that is shown, so that they can be opened without a network.
async function keepStops() {
  const passes = await caches.open("passes");
  for (const link of document.querySelectorAll(".stops .plain-link")) {
    const answer = await fetch(link.href).catch(() => null);
    if (answer?.ok && answer.headers.has("Kept-Until")) await passes.put(new URL(link.href).pathname, answer);
  }
}

if ("caches" in globalThis) {
  const { waiting, lost } = list.dataset;
  queue(list, {
    name: "tour-steps",
    path: "/tours/queue/",
    isOver: (record) => Boolean(record.words),
    words: (record) => (record.words ? `${lost} · ${record.words}` : waiting),
    sends,
    sent: (received) => received && !document.querySelector("form :focus") && location.replace(location.pathname),
  });
  // After the page itself, which people wait for.
  if (navigator.onLine) document.readyState === "complete" ? keepStops() : addEventListener("load", keepStops);
}

// A signature by finger, pen or mouse, as strokes of points between 0 and 1000 in a square. The typed name does without it.
const MOST_STROKES = 100, MOST_POINTS = 4000, MOST_IN_ONE = 1000, CLOSEST = 6;
const signature = document.querySelector("[data-signature]");
if (signature) {
  const canvas = signature.querySelector("canvas");
  const typed = signature.querySelector("[name=strokes]");
  const pen = canvas.getContext("2d");
  let strokes = [];
  let drawn = null;
  signature.hidden = false;

  const draw = () => {
    const { clientWidth: width, clientHeight: height } = canvas;
    const sharp = devicePixelRatio || 1;
    canvas.width = width * sharp;
    canvas.height = height * sharp;
    pen.scale((sharp * width) / 1000, (sharp * width) / 1000);
    pen.translate(0, ((height / width) * 1000 - 1000) / 2);
    pen.lineWidth = 12;
    pen.lineCap = pen.lineJoin = "round";
    pen.strokeStyle = getComputedStyle(canvas).color;
    for (const [first, ...others] of strokes) {
      pen.beginPath();
      pen.moveTo(...first);
      for (const point of others.length ? others : [first]) pen.lineTo(...point);
      pen.stroke();
    }
    typed.value = strokes.length ? JSON.stringify(strokes) : "";
  };
  const at = (event) => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const scale = 1000 / width;
    const place = [(event.clientX - left) * scale, (event.clientY - top - height / 2) * scale + 500];
    return place.map((part) => Math.round(Math.min(1000, Math.max(0, part))));
  };

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button || strokes.length >= MOST_STROKES) return;
    canvas.setPointerCapture(event.pointerId);
    strokes.push((drawn = [at(event)]));
    draw();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!drawn || drawn.length >= MOST_IN_ONE || strokes.flat().length >= MOST_POINTS) return;
    const [x, y] = at(event);
    const [lastX, lastY] = drawn.at(-1);
    if (Math.hypot(x - lastX, y - lastY) < CLOSEST) return;
    drawn.push([x, y]);
    draw();
  });
  for (const kind of ["pointerup", "pointercancel"]) canvas.addEventListener(kind, () => (drawn = null));
  signature.querySelector("button").addEventListener("click", () => {
    strokes = [];
    draw();
  });
  addEventListener("resize", draw);
  draw();
}
