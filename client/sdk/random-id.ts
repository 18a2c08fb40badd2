const letters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Letters and digits from the secure generator: an id nobody else makes (20 of them hold 119 bits). */
export function randomId(length = 20): string {
  let id = '';
  while (id.length < length) {
    for (const byte of crypto.getRandomValues(new Uint8Array(length))) {
      // Bytes from 248 on would make the first letters likelier than the others.
      if (byte < 248 && id.length < length) id += letters[byte % 62] ?? '';
    }
  }
  return id;
}
