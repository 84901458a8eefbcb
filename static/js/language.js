// Numbers and words as the page's language writes them. Has no effect on import.
function language() {
  return document.documentElement.lang || "en";
}

export function written(number, digits = 0, useGrouping = true) {
  return Number(number).toLocaleString(language(), {
    minimumFractionDigits: digits, maximumFractionDigits: digits, useGrouping,
  });
}

// A label inside a sentence: English writes it small, German keeps its nouns' capitals.
export function midsentence(label) {
  return language().startsWith("en") ? label.toLowerCase() : label;
}
