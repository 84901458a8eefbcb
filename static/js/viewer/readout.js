// Numbers in words: what is under the pointer, and what the ruler says.
import { written } from "../language.js";

const hex = (value) => value.toString(16).padStart(2, "0");

export function colorText(color) {
  return `RGB ${color.join(" ")} · #${color.map(hex).join("")}`;
}

// Length in the original's pixels; the angle counts counterclockwise from the right.
export function rulerText([[x0, y0], [x1, y1]]) {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const angle = ((Math.atan2(-dy, dx) * 180) / Math.PI + 360) % 360;
  const values = {
    length: written(Math.hypot(dx, dy), 1, false),
    angle: written(angle, 1, false),
    across: Math.abs(dx).toFixed(0),
    down: Math.abs(dy).toFixed(0),
  };
  return interpolate(
    gettext("%(length)s px at %(angle)s° (%(across)s × %(down)s px)"), values, true,
  );
}
