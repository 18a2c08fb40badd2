const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the far end closed the connection',
  EPIPE: 'the far end closed the connection',
  ENOTFOUND: 'the host cannot be found',
  EAI_AGAIN: 'the host cannot be looked up now',
  ETIMEDOUT: 'no answer in time',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
};

/** Why a connection came to nothing, as the end of a sentence. */
export function networkWords(error: Error & { code?: unknown }): string {
  return words[String(error.code)] ?? error.message;
}
