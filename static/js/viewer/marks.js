// Lines over the pictures: where copies come from, and the ruler. Drawn in screen
// pixels, so that they stay thin and their words upright at any zoom and rotation.
const SVG = "http://www.w3.org/2000/svg";

function element(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const key in attributes) made.setAttribute(key, attributes[key]);
  if (text) made.textContent = text;
  return made;
}

function line(from, to, kind) {
  const ends = { x1: from.x, y1: from.y, x2: to.x, y2: to.y };
  // A dark line beneath makes it visible on any picture.
  return [
    element("line", { ...ends, class: `${kind} under` }),
    element("line", { ...ends, class: kind }),
  ];
}

function badge(at, text, kind) {
  return [
    element("circle", { cx: at.x, cy: at.y, r: 11, class: `badge ${kind}` }),
    element("text", { x: at.x, y: at.y, class: "badge-text" }, text),
  ];
}

export class Marks {
  constructor(view) {
    this.view = view;
    this.svg = element("svg", { "aria-hidden": "true", focusable: "false" });
    this.svg.classList.add("stage-marks");
    view.host.append(this.svg);
  }

  // `pairs` and `ruler` are in the original's pixels, `size` is the original's.
  draw(state, size, { pairs, ruler, cursor }) {
    const place = ([x, y]) =>
      this.view.toScreen({ x: x / size.width, y: y / size.height }, state);
    this.svg.replaceChildren(
      ...pairs.flatMap((pair, number) => this.pair(pair, String(number + 1), place)),
      ...(ruler ? this.ruler(place(ruler[0]), place(ruler[1])) : []),
      ...(cursor ? this.cursor(place(cursor)) : []),
    );
  }

  pair({ source, copy, certain }, number, place) {
    const outline = ([left, upper, right, lower], kind) => {
      const corners = [[left, upper], [right, upper], [right, lower], [left, lower]];
      const points = corners.map(place).map(({ x, y }) => `${x},${y}`).join(" ");
      const sure = certain ? "" : " unsure";
      return [
        element("polygon", { points, class: `${kind} under${sure}` }),
        element("polygon", { points, class: kind + sure }),
      ];
    };
    const middle = (box) => place([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]);
    return [
      ...outline(source, "source"),
      ...outline(copy, "copy"),
      ...line(middle(source), middle(copy), certain ? "pair" : "pair unsure"),
      ...badge(middle(source), number, "source"),
      ...badge(middle(copy), number, "copy"),
    ];
  }

  ruler(from, to) {
    const ends = [from, to].map(({ x, y }) =>
      element("circle", { cx: x, cy: y, r: 4, class: "ruler-end" }));
    return [...line(from, to, "ruler"), ...ends];
  }

  cursor({ x, y }) {
    return [
      ...line({ x: x - 12, y }, { x: x + 12, y }, "ruler"),
      ...line({ x, y: y - 12 }, { x, y: y + 12 }, "ruler"),
    ];
  }

  destroy() {
    this.svg.remove();
  }
}
