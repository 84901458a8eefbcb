// Starts Redoc, which then asks nobody but this server.
/* global Redoc */

// Its bundle shows its maker's logo from the maker's server. The words beside it stay.
const source = Object.getOwnPropertyDescriptor(HTMLImageElement.prototype, "src");
const setAttribute = HTMLImageElement.prototype.setAttribute;
const isOurs = (value) => new URL(value, document.baseURI).origin === location.origin;
Object.defineProperty(HTMLImageElement.prototype, "src", {
  ...source,
  set(value) {
    if (isOurs(value)) source.set.call(this, value);
  },
});
HTMLImageElement.prototype.setAttribute = function set(name, value) {
  if (name !== "src" || isOurs(value)) setAttribute.call(this, name, value);
};

const container = document.getElementById("redoc-container");
Redoc.init(
  container.dataset.schema,
  {
    // Its search runs in a worker made of text, which the content policy forbids.
    disableSearch: true,
    theme: { typography: { fontFamily: "inherit", headings: { fontFamily: "inherit" } } },
  },
  container,
);
