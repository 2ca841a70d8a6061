// @ts-check
// A release opened from a citation: the words in view, or word that they are gone.

const mark = document.querySelector("mark");
const anchor = decodeURIComponent(location.hash.slice(1));

if (mark) {
  mark.scrollIntoView({ block: "center" });
} else if (anchor.startsWith("p-") && !document.getElementById(anchor)) {
  document.getElementById("anchor-lost")?.removeAttribute("hidden");
}
