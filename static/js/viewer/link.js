// A view as the fragment of an address, and back. Whoever opens the address sees the
// same. Strangers write addresses too: whatever is not understood is left out.
const NUMBER = /^-?\d+(\.\d+)?$/;
const CHANNELS = ["color", "red", "green", "blue", "luminance"];
const TONES = ["none", "stretch", "equalize"];
export const MODES = ["beside", "swipe", "overlay", "single"];

const round = (value, digits) => String(Number(value.toFixed(digits)));

export function encode(state, camera) {
  const { layer, mode, split, opacity, adjust, loupe, ruler, pairs } = state;
  const fields = new URLSearchParams({ view: "1" });
  if (layer) fields.set("layer", layer);
  fields.set("mode", mode);
  fields.set("split", round(split, 2));
  fields.set("opacity", round(opacity, 0));
  fields.set("zoom", round(camera.scale, 4));
  fields.set("at", `${round(camera.x, 6)},${round(camera.y, 6)}`);
  fields.set("turn", camera.rotation);
  for (const role of ["base", "layer"]) {
    const { channel, tone, bright } = adjust[role];
    fields.set(`${role}-look`, `${channel},${tone},${round(bright, 1)}`);
  }
  fields.set("pairs", pairs ? "1" : "0");
  if (loupe.on) {
    fields.set("loupe", [loupe.zoom, round(loupe.x, 6), round(loupe.y, 6)].join(","));
  }
  if (ruler.line) fields.set("ruler", ruler.line.flat().map((one) => round(one, 2)).join(","));
  // Commas need no escape in a fragment, and people read addresses.
  return fields.toString().replaceAll("%2C", ",");
}

function numbers(text, count) {
  const parts = (text ?? "").split(",");
  if (parts.length !== count || !parts.every((one) => NUMBER.test(one))) return null;
  return parts.map(Number);
}

function within(text, least, most) {
  const [value] = numbers(text, 1) ?? [];
  return value === undefined ? undefined : Math.min(most, Math.max(least, value));
}

function look(text) {
  const [channel, tone, bright] = (text ?? "").split(",");
  if (!CHANNELS.includes(channel) || !TONES.includes(tone)) return undefined;
  return { channel, tone, bright: within(bright, 1, 8) ?? 1 };
}

function cameraOf(fields) {
  const found = {};
  const scale = within(fields.get("zoom"), 1, 100_000);
  const at = numbers(fields.get("at"), 2);
  const turn = Number(fields.get("turn"));
  if (scale) found.scale = scale;
  if (at) [found.x, found.y] = at.map((one) => Math.min(1, Math.max(0, one)));
  if ([0, 90, 180, 270].includes(turn)) found.rotation = turn;
  return found;
}

// Returns {state, camera} with what the fragment says, or null when it is none of ours.
export function decode(fragment) {
  const fields = new URLSearchParams(fragment.replace(/^#/, ""));
  if (fields.get("view") !== "1") return null;
  const [zoom, x, y] = numbers(fields.get("loupe"), 3) ?? [];
  const line = numbers(fields.get("ruler"), 4);
  const said = {
    layer: fields.get("layer") ?? undefined,
    mode: MODES.find((one) => one === fields.get("mode")),
    split: within(fields.get("split"), 0, 100),
    opacity: within(fields.get("opacity"), 0, 100),
    pairs: fields.has("pairs") ? fields.get("pairs") === "1" : undefined,
    loupe: zoom ? { on: true, zoom, x, y } : undefined,
    ruler: line ? { line: [line.slice(0, 2), line.slice(2)] } : undefined,
    adjust: { base: look(fields.get("base-look")), layer: look(fields.get("layer-look")) },
  };
  return { state: said, camera: cameraOf(fields) };
}
