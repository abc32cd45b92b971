"""Read a `generateContent` request as Gemini does: unknown names, missing parts and bad base64 are errors."""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

# https://ai.google.dev/api/generate-content#request-body
_TOP = {
    "contents", "tools", "toolConfig", "safetySettings", "systemInstruction", "generationConfig", "cachedContent",
    "serviceTier", "store", "labels",
}  # fmt: skip
_GENERATION = {
    "stopSequences", "responseMimeType", "responseSchema", "responseJsonSchema", "responseModalities", "candidateCount",
    "maxOutputTokens", "temperature", "topP", "topK", "seed", "presencePenalty", "frequencyPenalty", "responseLogprobs",
    "logprobs", "enableEnhancedCivicAnswers", "speechConfig", "thinkingConfig", "imageConfig", "mediaResolution",
}  # fmt: skip
_PICTURES = {"image/png", "image/jpeg", "image/webp", "image/heic", "image/heif"}


class Invalid(ValueError):
    """Raised for a request that Gemini answers with 400. The message is Gemini's."""


@dataclass(frozen=True, slots=True)
class Received:
    """One valid request. headers: names in lower case. body: names in camelCase."""

    path: str
    model: str
    headers: dict[str, str]
    body: dict[str, Any]
    raw: bytes
    pictures: list[bytes]
    text: str

    @property
    def schema(self) -> dict[str, Any] | None:
        """Return the schema that the answer must follow."""
        generation = self.body.get("generationConfig", {})
        schema: dict[str, Any] | None = generation.get("responseJsonSchema") or generation.get("responseSchema")
        return schema


def read_request(path: str, model: str, headers: dict[str, str], raw: bytes) -> Received:
    """Read a request. Raises Invalid if Gemini would refuse it."""
    try:
        body = json.loads(raw)
    except ValueError:
        raise Invalid("Invalid JSON payload received. Unexpected token.") from None
    body = camel(body)
    if not isinstance(body, dict):
        raise Invalid("Invalid JSON payload received. Root must be an object.")
    _known(body, _TOP, "")
    generation = body.get("generationConfig", {})
    _known(generation, _GENERATION, " at 'generation_config'")
    if ("responseSchema" in generation or "responseJsonSchema" in generation) and (
        generation.get("responseMimeType") != "application/json"
    ):
        raise Invalid("A response schema needs response_mime_type application/json.")
    if "responseSchema" in generation and "responseJsonSchema" in generation:
        raise Invalid("Only one of response_schema and response_json_schema may be set.")
    if not isinstance(body.get("store", False), bool):
        raise Invalid("Invalid value at 'store' (TYPE_BOOL)")
    contents = body.get("contents")
    if not isinstance(contents, list) or not contents:
        raise Invalid("* GenerateContentRequest.contents: contents is not specified")
    parts = [part for content in contents for part in content.get("parts", [])]
    pictures = [_picture(part["inlineData"]) for part in parts if "inlineData" in part]
    text = "\n".join(part["text"] for part in parts if "text" in part)
    return Received(path, model, headers, body, raw, pictures, text)


def camel(value: Any) -> Any:
    """Return JSON with all names in camelCase: Google also accepts snake_case, and google-genai sends a mixture."""
    if isinstance(value, list):
        return [camel(one) for one in value]
    if not isinstance(value, dict):
        return value
    # The names inside a schema are data and stay as they are.
    return {_camel(name): one if "schema" in name.lower() else camel(one) for name, one in value.items()}


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)


def decoded(data: str) -> bytes:
    """Decode base64 of either alphabet, with or without padding, as Google's JSON does."""
    plain = data.translate(str.maketrans("-_", "+/")).rstrip("=")
    return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)


def _picture(given: dict[str, Any]) -> bytes:
    if given.get("mimeType") not in _PICTURES:
        raise Invalid(f"Unsupported MIME type: {given.get('mimeType')}")
    try:
        picture = decoded(given.get("data", ""))
    except (binascii.Error, ValueError, AttributeError):
        raise Invalid("Invalid value at 'contents[0].parts[0].inline_data.data' (TYPE_BYTES), Base64") from None
    if not picture:
        raise Invalid("Unable to process input image.")
    return picture


def _known(given: Any, names: set[str], where: str) -> None:
    for name in given:
        if name not in names:
            raise Invalid(f'Invalid JSON payload received. Unknown name "{name}"{where}: Cannot find field.')
