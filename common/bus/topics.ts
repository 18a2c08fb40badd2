/** Whether a topic matches a pattern, word by word: `*` stands for one word, `#` for any number, none included. */
export function topicMatches(pattern: string, topic: string): boolean {
  if (pattern === topic || pattern === '#') return true;
  if (!pattern.includes('*') && !pattern.includes('#')) return false;
  return wordsMatch(pattern.split('.'), topic.split('.'));
}

/** `reached` holds the positions in the topic at which the rest of the pattern may begin: no backtracking. */
function wordsMatch(pattern: string[], topic: string[]): boolean {
  let reached = new Set([0]);
  for (const word of pattern) {
    const next = new Set<number>();
    for (const position of reached) {
      if (word === '#') {
        for (let end = position; end <= topic.length; end++) next.add(end);
      } else if (position < topic.length && (word === '*' || word === topic[position])) {
        next.add(position + 1);
      }
    }
    reached = next;
  }
  return reached.has(topic.length);
}
