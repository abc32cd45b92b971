// Shows the shops of the list on a map. Leaflet and the tiles are loaded after a tap only.
const opens = document.querySelector("[data-map-opens]");
const box = document.querySelector("#map");
const note = document.querySelector("[data-map-note]");

function loaded(name, attributes) {
  return new Promise((done, failed) => {
    const element = Object.assign(document.createElement(name), attributes);
    element.addEventListener("load", done);
    element.addEventListener("error", failed);
    document.head.append(element);
  });
}

function place(map, shop) {
  const where = [Number(shop.dataset.latitude), Number(shop.dataset.longitude)];
  const tag = document.createElement("span");
  tag.className = "map-tag";
  tag.textContent = shop.dataset.tag;
  const said = shop.querySelector("div").cloneNode(true);
  const icon = L.divIcon({ html: tag, className: "map-mark", iconSize: null });
  L.marker(where, { icon, title: shop.querySelector("a").textContent, alt: shop.querySelector("a").textContent })
    .bindPopup(said, { className: "map-words", maxWidth: Math.min(260, box.clientWidth - 64) })
    .addTo(map);
  return where;
}

async function show() {
  opens.disabled = true;
  const { tiles, credit, script, style, closer, farther, failed } = box.dataset;
  try {
    await Promise.all([loaded("link", { rel: "stylesheet", href: style }), loaded("script", { src: script })]);
  } catch {
    note.textContent = failed;
    opens.disabled = false;
    return;
  }
  box.hidden = false;
  opens.hidden = true;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = L.map(box, { zoomControl: false, zoomAnimation: !still, fadeAnimation: !still });
  L.control.zoom({ zoomInTitle: closer, zoomOutTitle: farther }).addTo(map);
  map.attributionControl.setPrefix("Leaflet");
  L.tileLayer(tiles, { maxZoom: 18, attribution: credit }).addTo(map);
  const places = [...document.querySelectorAll("[data-latitude]")].map((shop) => place(map, shop));
  map.fitBounds(places, { padding: [32, 32], maxZoom: 16 });
  box.scrollIntoView({ block: "nearest" });
}

if (opens) {
  opens.hidden = false;
  note.hidden = false;
  opens.addEventListener("click", show);
}
