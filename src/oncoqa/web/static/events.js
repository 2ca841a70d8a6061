// @ts-check
/**
 * @typedef {{ name: string, data: any }} ServerEvent
 */

/**
 * The server-sent events of a response to fetch, as they come. EventSource cannot POST.
 * @param {Response} response
 * @returns {AsyncGenerator<ServerEvent>}
 */
export async function* events(response) {
  if (!response.body) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const event = parse(block);
      if (event) yield event;
    }
  }
}

/**
 * One block of lines; null for a comment, which only keeps the connection alive.
 * @param {string} block
 * @returns {ServerEvent | null}
 */
function parse(block) {
  let name = "";
  const data = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("event: ")) name = line.slice(7);
    if (line.startsWith("data: ")) data.push(line.slice(6));
  }
  return name ? { name, data: JSON.parse(data.join("\n")) } : null;
}
