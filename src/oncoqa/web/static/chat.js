// @ts-check
// The chat with JavaScript: the same forms, their answers streamed into the page.

import { enableCopying, showCopyButtons } from "./copy.js";
import { events } from "./events.js";
import { addStatement, blank, finish, name, newTurn, slot } from "./turn.js";

/** @template {HTMLElement} T @param {string} id @returns {T} */
const byId = (id) => /** @type {T} */ (document.getElementById(id));

const form = /** @type {HTMLFormElement} */ (byId("ask"));
const box = /** @type {HTMLTextAreaElement} */ (byId("question"));
const send = /** @type {HTMLButtonElement} */ (byId("send"));
const stop = /** @type {HTMLButtonElement} */ (byId("stop"));
const turns = byId("turns");
const problem = byId("question-problem");
const announcer = byId("announcer");

/** @type {AbortController | null} */
let running = null;

const currentConversation = () => /** @type {HTMLInputElement} */ (form.elements.namedItem("conversation_id"));

/** @param {SubmitEvent} event */
function onSubmit(event) {
  const submitted = /** @type {HTMLFormElement} */ (event.target);
  if (submitted.matches("[data-feedback]")) return void sendFeedback(event, submitted);
  if (!submitted.matches("[data-ask]")) return;
  event.preventDefault();
  if (running) return;
  const question = String(new FormData(submitted, event.submitter).get("question") ?? "");
  if (question.trim()) void ask(question);
  else box.focus();
}

/** @param {string} question */
async function ask(question) {
  const turn = newTurn(question);
  const wait = begin(turn, question);
  const conversation = currentConversation().value || null;
  try {
    const response = await fetch("/api/chat", {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
      body: JSON.stringify({ question, conversation_id: conversation }),
      signal: wait.signal,
    });
    if (response.ok) await show(turn, response);
    else refuse(turn, question, (await response.json()).error.message);
  } catch (error) {
    interrupted(turn, question, wait.signal.aborted);
  } finally {
    end();
  }
}

/**
 * @param {HTMLElement} turn
 * @param {string} question
 */
function begin(turn, question) {
  running = new AbortController();
  document.body.classList.remove("fresh");
  turns.append(turn);
  turn.classList.add("pending");
  document.querySelectorAll(".welcome, .suggestions").forEach((part) => part.remove());
  if (!document.querySelector(".conversation-head")) beginConversation(question);
  problem.hidden = true;
  box.value = "";
  send.hidden = true;
  stop.hidden = false;
  announcer.textContent = "";
  turn.scrollIntoView({ block: "start" });
  return running;
}

/**
 * @param {HTMLElement} turn
 * @param {Response} response
 */
async function show(turn, response) {
  /** @type {any[]} */
  const citations = [];
  for await (const { name: event, data } of events(response)) {
    if (event === "statement") {
      citations.push(...data.sources);
      addStatement(turn, data, citations);
    } else if (event === "error") {
      interrupted(turn, "", false, data.error.message);
      return;
    } else if (event === "answer") {
      complete(turn, data);
      return;
    }
  }
  throw new Error("the stream ended before its answer");
}

/**
 * @param {HTMLElement} turn
 * @param {any} answer
 */
function complete(turn, answer) {
  finish(turn, answer);
  showCopyButtons(turn);
  const heading = turn.querySelector(".abstention h3")?.textContent;
  const said = [...turn.querySelectorAll(".statement")].map((part) => part.textContent).join(" ");
  announcer.textContent = heading ?? `${announcer.dataset.complete} ${said}`;
  if (!currentConversation().value) remember(answer);
}

/**
 * Its head takes its place at once, so that nothing moves when the answer comes.
 * @param {string} question
 */
function beginConversation(question) {
  const head = blank("head");
  head.classList.add("nameless");
  slot(head, "title").textContent = question;
  /** @type {HTMLInputElement} */ (slot(head, "name")).value = question.slice(0, 120);
  turns.before(head);
}

/**
 * A conversation has begun: it gets its address and its place in the list.
 * @param {any} answer
 */
function remember(answer) {
  const address = `/conversations/${answer.conversation_id}`;
  currentConversation().value = answer.conversation_id;
  history.replaceState(null, "", address);
  const head = /** @type {HTMLElement} */ (document.querySelector(".conversation-head"));
  name(head, "", answer.conversation_id);
  head.classList.remove("nameless");
  const item = blank("conversation");
  /** @type {HTMLAnchorElement} */ (item.firstElementChild).href = address;
  /** @type {HTMLElement} */ (item.querySelector("bdi")).textContent = answer.question;
  byId("conversations").prepend(item);
}

/**
 * The question was not accepted: it goes back into the box, with the reason.
 * @param {HTMLElement} turn
 * @param {string} question
 * @param {string} message
 */
function refuse(turn, question, message) {
  turn.remove();
  box.value = question;
  problem.textContent = message;
  problem.hidden = false;
  box.setAttribute("aria-invalid", "true");
  box.setAttribute("aria-describedby", "hint question-problem");
  box.focus();
}

/**
 * What was shown stays; below it, why it ends there and a way to ask again.
 * @param {HTMLElement} turn
 * @param {string} question
 * @param {boolean} stopped
 * @param {string} [message]
 */
function interrupted(turn, question, stopped, message) {
  const note = blank(stopped ? "stopped" : "broken");
  if (message) slot(note, "message").textContent = message;
  const again = /** @type {HTMLButtonElement} */ (slot(note, "again"));
  again.value = question || (slot(turn, "question").textContent ?? "");
  slot(turn, "waiting").remove();
  slot(turn, "panel").hidden = slot(turn, "sources").childElementCount === 0;
  slot(turn, "actions").remove();
  slot(turn, "statements").append(note);
  name(turn, `interrupted-${Date.now()}`, currentConversation().value);
  announcer.textContent = /** @type {HTMLElement} */ (note.querySelector("h3")).textContent;
}

function end() {
  running = null;
  stop.hidden = true;
  send.hidden = false;
  box.focus({ preventScroll: true });
}

/**
 * @param {SubmitEvent} event
 * @param {HTMLFormElement} feedback
 */
async function sendFeedback(event, feedback) {
  event.preventDefault();
  const body = new URLSearchParams(/** @type {any} */ (new FormData(feedback)));
  try {
    const response = await fetch(feedback.action, { method: "POST", body });
    if (!response.ok) throw new Error(response.statusText);
    const thanks = /** @type {HTMLElement} */ (feedback.nextElementSibling);
    feedback.hidden = true;
    thanks.hidden = false;
  } catch {
    feedback.removeAttribute("data-feedback");
    feedback.submit(); // the plain way shows what is wrong
  }
}

document.addEventListener("submit", onSubmit);
stop.addEventListener("click", () => running?.abort());
box.addEventListener("input", () => box.removeAttribute("aria-invalid"));
box.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  form.requestSubmit();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") running?.abort();
});
document.querySelectorAll(".with-script").forEach((part) => part.removeAttribute("hidden"));
enableCopying();
