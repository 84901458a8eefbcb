// Loads OpenSeadragon, a classic script, once; and makes what it draws from.
let loading;

export function loadEngine(address) {
  if (window.OpenSeadragon) return Promise.resolve(window.OpenSeadragon);
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.addEventListener("load", () => resolve(window.OpenSeadragon));
    script.addEventListener("error", () => reject(new Error(`${address} did not load`)));
    document.head.append(script);
  });
  return loading;
}

const pictures = new Map();
const KEPT = 12;

// The picture and its halves: a picture drawn much smaller than it is would flicker.
async function decode(address) {
  const image = new Image();
  image.src = address;
  await image.decode();
  const levels = [];
  let [width, height] = [image.naturalWidth, image.naturalHeight];
  let from = image;
  do {
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.imageSmoothingQuality = "high";
    context.drawImage(from, 0, 0, width, height);
    levels.unshift(context);
    from = canvas;
    [width, height] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  } while (Math.max(width, height) > 128);
  return levels;
}

export function loadPicture(address) {
  const known = pictures.get(address);
  pictures.delete(address);
  const found = known ?? decode(address);
  found.catch(() => pictures.delete(address));
  pictures.set(address, found);
  if (pictures.size > KEPT) pictures.delete(pictures.keys().next().value);
  return found;
}

// One picture as a source. It fills `size` exactly, whatever its own shape: a heat map
// of few cells has the original's shape only roughly.
export function pictureSource(engine, address, levels, size) {
  const last = levels.length - 1;
  const of = (level) => levels[level].canvas;
  const source = new engine.TileSource({
    ...size, tileWidth: size.width, tileHeight: size.height, minLevel: 0, maxLevel: last,
  });
  return Object.assign(source, {
    getLevelScale: (level) => of(level).width / size.width,
    getNumTiles: () => new engine.Point(1, 1),
    getTileWidth: (level) => of(level).width,
    getTileHeight: (level) => of(level).height,
    getTileAtPoint: () => new engine.Point(0, 0),
    getTileBounds: (level, x, y, isSource) =>
      isSource
        ? new engine.Rect(0, 0, of(level).width, of(level).height)
        : new engine.Rect(0, 0, 1, size.height / size.width),
    tileExists: (level, x, y) => x === 0 && y === 0 && level <= last,
    getTileUrl: (level) => `${address}#${level}`,
    getContext2D: (level) => levels[level],
  });
}

export function tiledSource(engine, tiles) {
  return new engine.TileSource({
    width: tiles.width,
    height: tiles.height,
    tileSize: tiles.tile_size,
    tileOverlap: tiles.overlap,
    minLevel: 0,
    maxLevel: tiles.levels - 1,
    getTileUrl: (level, x, y) => `${tiles.url}${level}/${x}-${y}/`,
  });
}
