// @ts-check
// Citations ready to paste: as text and as HTML, their spaces and guillemets kept.

/** @typedef {{ text: string, html: Element }} Citation */

const French = { open: "«\u00a0", close: "\u00a0»" };

/**
 * `« … » — speaker, Unicancer, title, date, link`, read from a source of the page.
 * @param {Element} card
 * @returns {Citation}
 */
function citation(card) {
  const get = (/** @type {string} */ name) => card.querySelector(`[data-slot="${name}"]`);
  const read = (/** @type {string} */ name) => {
    const element = get(name);
    return element && !element.hasAttribute("hidden") ? (element.textContent ?? "").trim() : "";
  };
  const link = /** @type {HTMLAnchorElement} */ (get("open")).href;
  const said = `${French.open}${read("quote")}${French.close}`;
  const from = [read("speaker"), read("publisher"), read("title"), read("date")].filter(Boolean);
  const html = document.createElement("p");
  const source = document.createElement("a");
  source.href = link;
  source.textContent = read("title");
  const before = from.slice(0, from.indexOf(read("title"))).join(", ");
  html.append(said, ` — ${before}, `, source, `, ${read("date")}`);
  return { text: `${said} — ${from.join(", ")}, ${link}`, html };
}

/** Show the buttons, which need this script, and do what they say. */
export function enableCopying() {
  showCopyButtons(document);
  document.addEventListener("click", (event) => {
    const button = /** @type {HTMLElement} */ (event.target).closest("[data-copy]");
    if (!(button instanceof HTMLButtonElement)) return;
    const done = button.dataset.copy === "answer" ? copyAnswer(button) : copyCitation(button);
    /** @type {HTMLElement} */ (document.getElementById("announcer")).textContent = done;
  });
}

/** @param {ParentNode} within */
export function showCopyButtons(within) {
  within.querySelectorAll("[data-copy]").forEach((button) => button.removeAttribute("hidden"));
}

/** @param {HTMLButtonElement} button */
function copyCitation(button) {
  const { text, html } = citation(/** @type {Element} */ (button.closest(".source")));
  return write(button, text, html);
}

/**
 * The answer's sentences with their numbers, then the references.
 * @param {HTMLButtonElement} button
 */
function copyAnswer(button) {
  const turn = /** @type {Element} */ (button.closest(".turn"));
  const html = document.createElement("div");
  const lines = [];
  for (const line of turn.querySelectorAll(".statement p, .statement li")) {
    const copy = /** @type {Element} */ (line.cloneNode(true));
    copy.querySelectorAll(".cite").forEach((cite) => cite.replaceWith(` [${cite.textContent}]`));
    const text = (copy.textContent ?? "").trim();
    lines.push(line.matches("li") ? `- ${text}` : text);
    html.append(paragraph(text));
  }
  for (const part of turn.querySelectorAll(".abstention h3")) {
    lines.push((part.textContent ?? "").trim());
    html.append(paragraph((part.textContent ?? "").trim()));
  }
  for (const card of turn.querySelectorAll(".source")) {
    const reference = citation(card);
    const number = `[${card.querySelector('[data-slot="number"]')?.textContent}] `;
    lines.push(number + reference.text);
    reference.html.prepend(number);
    html.append(reference.html);
  }
  return write(button, lines.join("\n\n"), html);
}

/** @param {string} text */
function paragraph(text) {
  const element = document.createElement("p");
  element.textContent = text;
  return element;
}

/**
 * Both at once. The newer navigator.clipboard does not exist on a page served without TLS.
 * @param {string} text
 * @param {string} html
 */
function toClipboard(text, html) {
  const fill = (/** @type {ClipboardEvent} */ event) => {
    event.preventDefault();
    event.clipboardData?.setData("text/plain", text);
    event.clipboardData?.setData("text/html", html);
  };
  document.addEventListener("copy", fill, { once: true });
  document.execCommand("copy");
}

/**
 * @param {HTMLButtonElement} button
 * @param {string} text
 * @param {Element} html
 * @returns {string} what to announce
 */
function write(button, text, html) {
  toClipboard(text, html.outerHTML);
  const label = button.textContent ?? "";
  const done = /** @type {HTMLElement} */ (document.getElementById("announcer")).dataset.copied ?? "";
  button.textContent = done;
  setTimeout(() => (button.textContent = label), 2000);
  return done;
}
