/** A piece of a chat message: plain text, or an address that may be opened. */
export type TextPart = { text: string; href?: string };

const address = /https?:\/\/[^\s<>"']+/gu;
const closing = new Set('.,;:!?)]}');

/** By hand: a regular expression would take quadratic time for what a stranger may write. */
const withoutClosing = (text: string): string => {
  let end = text.length;
  while (closing.has(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
};

/**
 * Finds http and https addresses in a message. Everything stays text (nothing is parsed as markup) and no other scheme
 * ever becomes a link. Punctuation at the end of an address belongs to the sentence.
 */
export const splitLinks = (message: string): TextPart[] => {
  const parts: TextPart[] = [];
  let end = 0;
  for (const match of message.matchAll(address)) {
    const text = withoutClosing(match[0]);
    if (!URL.canParse(text)) continue;
    if (match.index > end) parts.push({ text: message.slice(end, match.index) });
    parts.push({ text, href: text });
    end = match.index + text.length;
  }
  if (end < message.length) parts.push({ text: message.slice(end) });
  return parts;
};
