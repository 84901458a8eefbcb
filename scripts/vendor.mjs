// Copies what the dashboard uses of the npm packages into static/vendor, with their
// licences: `npm ci && npm run vendor`. The result is committed; nothing is built.
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

const TARGET = "static/vendor";
const INTER = "node_modules/@fontsource-variable/inter";
const LUCIDE = "node_modules/lucide-static";
const DEEP_ZOOM = "node_modules/openseadragon";
const FONTS = ["latin", "latin-ext", "cyrillic", "greek"];
const ICONS = [
  "arrow-down", "arrow-left", "arrow-right", "arrow-up", "bell", "book-open", "chart-column", "check",
  "chevron-right", "circle-check", "circle-minus", "circle-question-mark",
  "circle-slash", "circle-x", "clock", "code", "chevron-left", "columns-2", "contrast", "cpu", "download",
  "eye", "file-image", "file-text", "gavel", "hand", "history", "hourglass", "images", "inbox",
  "info", "layers", "link", "list-filter", "lock", "lock-open", "log-out", "map-pin", "maximize", "menu", "moon",
  "octagon-x", "refresh-cw", "repeat", "rotate-ccw", "rotate-cw", "ruler", "scale", "route", "scan", "scan-eye", "search", "search-check", "send",
  "separator-vertical", "spline",
  "server-off", "settings", "shield-check", "sun", "sun-moon", "triangle-alert",
  "square", "upload", "user", "x", "zoom-in", "zoom-out",
];

async function versionOf(folder) {
  return JSON.parse(await readFile(join(folder, "package.json"), "utf8")).version;
}

async function vendorFont() {
  const target = join(TARGET, "inter");
  await mkdir(target, { recursive: true });
  for (const subset of FONTS) {
    const name = `inter-${subset}-wght-normal.woff2`;
    await cp(join(INTER, "files", name), join(target, name));
  }
  await cp(join(INTER, "LICENSE"), join(target, "LICENSE"));
  await writeFile(join(target, "VERSION"), `${await versionOf(INTER)}\n`);
}

async function symbol(name) {
  const source = await readFile(join(LUCIDE, "icons", `${name}.svg`), "utf8");
  const body = source.match(/<svg[^>]*>([\s\S]*)<\/svg>/)[1].trim();
  return `<symbol id="${name}" viewBox="0 0 24 24">${body.replace(/\n\s*/g, "")}</symbol>`;
}

async function vendorIcons() {
  const target = join(TARGET, "lucide");
  await mkdir(target, { recursive: true });
  const symbols = await Promise.all(ICONS.map(symbol));
  const sprite = `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`;
  await writeFile(join(target, "icons.svg"), sprite);
  await cp(join(LUCIDE, "LICENSE"), join(target, "LICENSE"));
  await writeFile(join(target, "VERSION"), `${await versionOf(LUCIDE)}\n`);
}

// Without the line that names a source map: that file is not here, and Django's
// manifest of static files refuses a reference to nothing.
async function vendorDeepZoom() {
  const target = join(TARGET, "openseadragon");
  await mkdir(target, { recursive: true });
  const file = join(DEEP_ZOOM, "build", "openseadragon", "openseadragon.min.js");
  const source = (await readFile(file, "utf8")).replace(/\n?\/\/# sourceMappingURL=.*\n?/, "\n");
  await writeFile(join(target, "openseadragon.min.js"), source);
  await cp(join(DEEP_ZOOM, "LICENSE.txt"), join(target, "LICENSE"));
  await writeFile(join(target, "VERSION"), `${await versionOf(DEEP_ZOOM)}\n`);
}

await rm(TARGET, { recursive: true, force: true });
await vendorFont();
await vendorIcons();
await vendorDeepZoom();
