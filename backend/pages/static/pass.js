// Shows a handed pass. The link has its token after the #, which browsers do not send to servers. This script sends it
// in a request's body, so that it does not appear in logs.
const part = (id) => document.getElementById(id);
const WORDS = part("state").dataset;
const LANGUAGE = document.documentElement.lang === "en" ? "en-GB" : "fr-FR";
let drawn = null;

function say(words, mayTryAgain = false) {
  part("state").textContent = words;
  part("again").hidden = !mayTryAgain;
}

function ask(path, token) {
  return fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ token }),
    cache: "no-store",
    credentials: "omit",
  });
}

// Writes an hour as the other pages do: « 17 h 15 », or 17:15 in English.
function hour(date, timeZone) {
  const written = new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit" }).format(date);
  if (LANGUAGE === "en-GB") return written;
  const [hours, minutes] = written.split(":");
  return [Number(hours), "h", ...(minutes === "00" ? [] : [minutes])].join("\u00a0");
}

// Writes a pickup window in the shop's time, which is named unless it is that of Paris.
function when(start, end, timeZone) {
  const day = new Intl.DateTimeFormat(LANGUAGE, { timeZone, weekday: "long", day: "numeric", month: "long" });
  const zones = JSON.parse(part("when").dataset.zones);
  const zone = timeZone in zones ? ` (${zones[timeZone]})` : "";
  const [from, until] = [new Date(start), new Date(end)];
  const lastDay = day.format(from) === day.format(until) ? "" : `${day.format(until)} `;
  const window = part("when").dataset.window.replace("{day}", day.format(from)).replace("{start}", hour(from, timeZone));
  return window.replace("{end}", `${lastDay}${hour(until, timeZone)}`) + zone;
}

async function show() {
  const token = location.hash.slice(1);
  part("shown").hidden = true;
  if (!token) {
    say(WORDS.noToken);
    return;
  }
  say(WORDS.looking);
  try {
    const [said, picture] = await Promise.all([
      ask("/v1/handed-passes/show", token),
      ask("/v1/handed-passes/show.svg", token),
    ]);
    if (!said.ok || !picture.ok) {
      const refused = [said.status, picture.status];
      if (refused.includes(429)) say(WORDS.busy, true);
      else if (refused.some((status) => status >= 500)) say(WORDS.failed, true);
      else say(WORDS.gone);
      return;
    }
    const pass = await said.json();
    if (drawn) URL.revokeObjectURL(drawn);
    drawn = URL.createObjectURL(await picture.blob());
    part("qr").src = drawn;
    part("pin").textContent = `${pass.pin.slice(0, 3)} ${pass.pin.slice(3)}`;
    part("code").textContent = `${pass.code.slice(0, 5)} ${pass.code.slice(5)}`;
    part("shop").textContent = pass.shop.name;
    part("address").textContent = pass.shop.address;
    part("when").textContent = when(pass.pickup_start, pass.pickup_end, pass.shop.time_zone);
    part("shown").hidden = false;
    say(WORDS.ready);
  } catch {
    say(WORDS.failed, true);
  }
}

part("again").addEventListener("click", show);
addEventListener("hashchange", show);
show();
