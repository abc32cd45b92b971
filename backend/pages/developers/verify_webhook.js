// body: the text as it came. headers: names in lower case. Browsers, Node, Deno and Workers have `crypto.subtle`.
async function verifyWebhook(body, headers, secret) {
  const id = headers["webhook-id"], at = headers["webhook-timestamp"];
  if (!(Math.abs(Date.now() / 1000 - Number(at)) <= 300)) return false;
  const bytes = (base64) => Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", bytes(secret.replace("whsec_", "")), algorithm, false, ["verify"]);
  const signed = new TextEncoder().encode(`${id}.${at}.${body}`);
  for (const one of headers["webhook-signature"].split(" ")) {
    const [version, signature] = one.split(",");
    if (version === "v1" && (await crypto.subtle.verify("HMAC", key, bytes(signature), signed))) return true;
  }
  return false;
}
