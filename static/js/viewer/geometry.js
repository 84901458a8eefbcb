// Where a point of a picture lies on the screen, and back. Points of a picture are in
// 0..1 of its width and height, so that pictures of other sizes show the same place.
export function clamp(value, least, most) {
  return Math.min(most, Math.max(least, value));
}

export function isSideways(rotation) {
  return rotation % 180 !== 0;
}

// Screen pixels for one of the picture's when all of it shows.
export function fit(box, picture, rotation) {
  const [width, height] = isSideways(rotation)
    ? [picture.height, picture.width]
    : [picture.width, picture.height];
  return Math.min(box.width / width, box.height / height);
}

function turn(x, y, degrees) {
  const [cosine, sine] = { 0: [1, 0], 90: [0, 1], 180: [-1, 0], 270: [0, -1] }[degrees];
  return [x * cosine - y * sine, x * sine + y * cosine];
}

// `box` and `picture` are {width, height}; `state` is {scale, x, y, rotation}.
export function toScreen(point, box, picture, state) {
  const size = fit(box, picture, state.rotation) * state.scale;
  const [dx, dy] = turn(
    (point.x - state.x) * picture.width * size,
    (point.y - state.y) * picture.height * size,
    state.rotation,
  );
  return { x: box.width / 2 + dx, y: box.height / 2 + dy };
}

export function toPicture(place, box, picture, state) {
  const size = fit(box, picture, state.rotation) * state.scale;
  const [dx, dy] = turn(
    place.x - box.width / 2,
    place.y - box.height / 2,
    (360 - state.rotation) % 360,
  );
  return {
    x: state.x + dx / (picture.width * size),
    y: state.y + dy / (picture.height * size),
  };
}

// Keeps the middle of the view where the picture fills as much of the view as it can.
export function inside(state, box, picture, most) {
  const scale = clamp(state.scale, 1, most);
  const size = fit(box, picture, state.rotation) * scale;
  const [width, height] = isSideways(state.rotation)
    ? [box.height, box.width]
    : [box.width, box.height];
  const margin = (room, side) => Math.min(0.5, room / (2 * side * size));
  const left = margin(width, picture.width);
  const top = margin(height, picture.height);
  return {
    ...state,
    scale,
    x: clamp(state.x, left, 1 - left),
    y: clamp(state.y, top, 1 - top),
  };
}
