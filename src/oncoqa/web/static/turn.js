// @ts-check
// A turn, built from the templates of the page. Text goes in through textContent, nothing else.

const language = document.documentElement.lang;
const locale = language === "en" ? "en-GB" : language; // as the server writes dates
const day = new Intl.DateTimeFormat(locale, { dateStyle: "long", timeZone: "UTC" });

/**
 * A copy of a template's only element.
 * @param {string} name
 * @returns {HTMLElement}
 */
export function blank(name) {
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById(`blank-${name}`));
  const copy = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
  return /** @type {HTMLElement} */ (copy.firstElementChild);
}

/**
 * @param {Element} within
 * @param {string} name
 * @returns {HTMLElement}
 */
export function slot(within, name) {
  return /** @type {HTMLElement} */ (within.querySelector(`[data-slot="${name}"]`));
}

/**
 * @param {string} question
 * @returns {HTMLElement}
 */
export function newTurn(question) {
  const turn = blank("turn");
  slot(turn, "question").textContent = question;
  const panel = slot(turn, "panel");
  const label = panel.getAttribute("aria-label") ?? "";
  panel.setAttribute("aria-label", label.replace("QUESTION", () => question));
  return turn;
}

/**
 * @param {HTMLElement} turn
 * @param {any} statement with the sources that it brings
 * @param {any[]} citations those of the answer so far, in order of number
 */
export function addStatement(turn, statement, citations) {
  slot(turn, "waiting").hidden = true;
  const cited = statement.citations.map((/** @type {number} */ n) => citations[n - 1]);
  const box = document.createElement("div");
  box.className = "statement";
  box.lang = cited[0].release.language;
  const lines = linesOf(statement, cited);
  lines.forEach((line, index) => {
    const last = index === lines.length - 1;
    const item = statement.item && last;
    const block = blank(item ? "item" : "line");
    if (!last) block.className = "introduction";
    const text = item ? /** @type {HTMLElement} */ (block.firstElementChild) : block;
    setMarked(text, line.text, line.mark);
    line.sources.forEach((source) => text.append(citeLink(source)));
    box.append(block);
  });
  slot(turn, "statements").append(box);
  for (const source of statement.sources) addSource(turn, source, markOf(statement, source, citations));
}

/**
 * An introduction and its item are two lines; anything else is one.
 * @param {any} statement
 * @param {any[]} cited
 * @returns {{ text: string, mark: number[] | null, sources: any[] }[]}
 */
function linesOf(statement, cited) {
  const quotes = cited.map((source) => source.quote);
  if (quotes.length < 2 || quotes.join("\n") !== statement.text) {
    return [{ text: statement.text, mark: statement.highlight, sources: cited }];
  }
  return cited.map((source, index) => ({
    text: source.quote,
    mark: index === cited.length - 1 ? shifted(statement, source) : null,
    sources: [source],
  }));
}

/**
 * The highlight of a statement as a range of its last quotation. Offsets count code points.
 * @param {any} statement
 * @param {any} last
 * @returns {number[] | null}
 */
function shifted(statement, last) {
  if (!statement.highlight || !statement.text.endsWith(last.quote)) return null;
  const shift = [...statement.text].length - [...last.quote].length;
  const [start, end] = statement.highlight;
  return start >= shift ? [start - shift, end - shift] : null;
}

/**
 * @param {any} statement
 * @param {any} source
 * @param {any[]} citations
 */
function markOf(statement, source, citations) {
  const last = citations[statement.citations[statement.citations.length - 1] - 1];
  return source.number === last.number ? shifted(statement, last) : null;
}

/**
 * @param {HTMLElement} element
 * @param {string} text
 * @param {number[] | null} range in code points
 */
function setMarked(element, text, range) {
  if (!range) {
    element.textContent = text;
    return;
  }
  const points = [...text];
  const mark = document.createElement("mark");
  mark.textContent = points.slice(range[0], range[1]).join("");
  element.replaceChildren(points.slice(0, range[0]).join(""), mark, points.slice(range[1]).join(""));
}

/** @param {any} source */
function citeLink(source) {
  const link = /** @type {HTMLAnchorElement} */ (blank("cite"));
  const label = link.dataset.label ?? "";
  link.setAttribute(
    "aria-label",
    label.replace(/NUMBER|TITLE/g, (part) => (part === "TITLE" ? source.release.title : source.number)),
  );
  link.removeAttribute("data-label");
  link.href = source.link;
  link.textContent = source.number;
  return link;
}

/**
 * @param {HTMLElement} turn
 * @param {any} source
 * @param {number[] | null} mark
 */
function addSource(turn, source, mark) {
  const card = blank("source");
  const spoken = source.release.language;
  slot(card, "number").textContent = source.number;
  setLink(slot(card, "title"), source.link, source.release.title, spoken);
  slot(card, "publisher").textContent = source.release.publisher;
  if (source.release.published) setDate(slot(card, "date"), source.release.published);
  slot(card, "original").hidden = spoken === language;
  slot(card, "standing").hidden = source.release.status !== "corrected";
  if (source.release.corrected) setDate(slot(card, "corrected"), source.release.corrected);
  const headings = slot(card, "headings");
  headings.textContent = source.headings.join(" › ");
  headings.hidden = source.headings.length === 0;
  headings.lang = spoken;
  const quote = slot(card, "quote");
  setMarked(quote, source.quote, mark);
  quote.lang = spoken;
  const speaker = slot(card, "speaker");
  speaker.textContent = source.speaker ?? "";
  speaker.hidden = !source.speaker;
  /** @type {HTMLAnchorElement} */ (slot(card, "open")).href = source.link;
  card.querySelector("[data-copy]")?.removeAttribute("hidden");
  slot(turn, "sources").append(card);
}

/**
 * @param {HTMLElement} link
 * @param {string} address
 * @param {string} text
 * @param {string} spoken
 */
function setLink(link, address, text, spoken) {
  /** @type {HTMLAnchorElement} */ (link).href = address;
  link.textContent = text;
  link.lang = spoken;
}

/**
 * @param {HTMLElement} element
 * @param {string} published
 */
function setDate(element, published) {
  element.textContent = day.format(new Date(published));
}

/**
 * The whole answer: what could not be known before it.
 * @param {HTMLElement} turn
 * @param {any} answer
 */
export function finish(turn, answer) {
  slot(turn, "waiting").remove();
  if (answer.understood) {
    slot(turn, "understood").hidden = false;
    slot(turn, "meaning").textContent = answer.understood;
  }
  if (answer.status === "abstained") slot(turn, "statements").append(abstention(answer));
  slot(turn, "panel").hidden = answer.citations.length === 0;
  turn.querySelectorAll('[data-slot="again"]').forEach((button) => {
    const again = /** @type {HTMLButtonElement} */ (button);
    if (!again.value) again.value = answer.question;
  });
  slot(turn, "actions").hidden = false;
  name(turn, answer.id, answer.conversation_id);
}

/** @param {any} answer */
function abstention(answer) {
  const box = blank(answer.reason);
  slot(box, "near").hidden = answer.nearest.length === 0;
  for (const release of answer.nearest) {
    const item = blank("nearest");
    setLink(slot(item, "title"), `/communiques/${release.id}`, release.title, release.language);
    if (release.published) setDate(slot(item, "date"), release.published);
    slot(box, "nearest").append(item);
  }
  slot(box, "choices").hidden = answer.choices.length === 0;
  for (const choice of answer.choices) {
    const form = blank("choice");
    const button = /** @type {HTMLButtonElement} */ (slot(form, "again"));
    button.value = choice;
    button.textContent = choice;
    slot(box, "choices").append(form);
  }
  return box;
}

/**
 * Put the ids in place of the words TURN and CONVERSATION, in every attribute that holds them.
 * @param {HTMLElement} within
 * @param {string} turn
 * @param {string} conversation
 */
export function name(within, turn, conversation) {
  for (const element of [within, ...within.querySelectorAll("*")]) {
    for (const attribute of ["id", "for", "href", "action", "aria-labelledby", "value"]) {
      const value = element.getAttribute(attribute);
      const asked = attribute === "value" && value !== "CONVERSATION"; // a reader's own words
      if (value && !asked) {
        const named = value.replace(/TURN/g, () => turn);
        element.setAttribute(attribute, named.replace(/CONVERSATION/g, () => conversation));
      }
    }
  }
}
