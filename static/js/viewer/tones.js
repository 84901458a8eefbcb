// Looks at one channel, and stretches or equalizes it: an SVG filter whose numbers come
// from the picture's own histogram.
const SVG = "http://www.w3.org/2000/svg";
const LEVELS = 64;
// So much of the darkest and of the brightest pixels may become black and white.
const CUT = 0.005;
const LUMINANCE = [0.2126, 0.7152, 0.0722];
const CHANNELS = { red: [1, 0, 0], green: [0, 1, 0], blue: [0, 0, 1], luminance: LUMINANCE };

function histograms(levels) {
  const context = levels.find(({ canvas }) => Math.max(canvas.width, canvas.height) > 300)
    ?? levels.at(-1);
  const { width, height } = context.canvas;
  const { data } = context.getImageData(0, 0, width, height);
  const counts = { red: [], green: [], blue: [], luminance: [] };
  for (const name in counts) counts[name] = new Float64Array(256);
  for (let at = 0; at < data.length; at += 4) {
    const [red, green, blue] = [data[at], data[at + 1], data[at + 2]];
    counts.red[red] += 1;
    counts.green[green] += 1;
    counts.blue[blue] += 1;
    counts.luminance[Math.round(
      LUMINANCE[0] * red + LUMINANCE[1] * green + LUMINANCE[2] * blue,
    )] += 1;
  }
  return counts;
}

function cumulated(counts) {
  let sum = 0;
  const sums = counts.map((count) => (sum += count));
  return sums.map((one) => one / Math.max(1, sum));
}

// What becomes of values 0..255, as numbers 0..1 at even steps.
export function curve(counts, tone) {
  const share = cumulated(counts);
  const low = share.findIndex((one) => one > CUT);
  const high = share.findIndex((one) => one >= 1 - CUT);
  const steps = [];
  for (let step = 0; step < LEVELS; step += 1) {
    const value = (255 * step) / (LEVELS - 1);
    if (tone === "equalize") steps.push(share[Math.round(value)]);
    else steps.push(Math.min(1, Math.max(0, (value - low) / Math.max(1, high - low))));
  }
  return steps.map((one) => one.toFixed(4)).join(" ");
}

function element(name, attributes, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const key in attributes) made.setAttribute(key, attributes[key]);
  made.append(...children);
  return made;
}

function grayOf(weights) {
  const row = [...weights, 0, 0].join(" ");
  return element("feColorMatrix", { type: "matrix", values: `${row} ${row} ${row} 0 0 0 1 0` });
}

function transfer(tables) {
  const parts = ["R", "G", "B"].map((letter, place) =>
    element(`feFunc${letter}`, { type: "table", tableValues: tables[place] }));
  return element("feComponentTransfer", {}, ...parts);
}

export class Tones {
  // Makes an empty filter per picture inside `root`.
  constructor(root, id) {
    this.id = id;
    this.known = new WeakMap();
    this.filters = {};
    const filters = ["base", "layer"].map((role) => {
      this.filters[role] = element("filter", {
        id: `${id}-${role}`, "color-interpolation-filters": "sRGB",
        x: "0", y: "0", width: "1", height: "1",
      });
      return this.filters[role];
    });
    this.svg = element("svg", { width: "0", height: "0", "aria-hidden": "true" }, ...filters);
    this.svg.classList.add("stage-filters");
    root.append(this.svg);
  }

  // The CSS filter for a picture: {channel, tone, bright}.
  css(role, levels, { channel, tone, bright }) {
    const parts = [];
    if (channel !== "color" || tone !== "none") {
      this.fill(this.filters[role], levels, channel, tone);
      parts.push(`url("#${this.id}-${role}")`);
    }
    if (bright !== 1) parts.push(`brightness(${bright})`);
    return parts.join(" ");
  }

  fill(filter, levels, channel, tone) {
    if (!this.known.has(levels)) this.known.set(levels, histograms(levels));
    const counts = this.known.get(levels);
    const made = [];
    if (channel !== "color") made.push(grayOf(CHANNELS[channel]));
    if (tone !== "none") {
      const names = channel === "color"
        ? ["red", "green", "blue"] : [channel, channel, channel];
      made.push(transfer(names.map((name) => curve(counts[name], tone))));
    }
    filter.replaceChildren(...made);
  }

  destroy() {
    this.svg.remove();
  }
}
