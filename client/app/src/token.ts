export interface TokenRequest {
  room: string;
  user: string;
  role: string;
}

/** `own`: this server gives out no tokens by itself, the person needs one from whoever runs it. */
export type TokenAnswer =
  { kind: 'token'; token: string } | { kind: 'own' } | { kind: 'error'; text: string };

const plain = async (response: Response): Promise<string> => (await response.text()).trim();

/** Asks the development endpoint for a token; a server that is not in development mode answers 404. */
export const requestToken = async (request: TokenRequest): Promise<TokenAnswer> => {
  let response: Response;
  try {
    response = await fetch('sample/tokens', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
    });
  } catch {
    return { kind: 'error', text: 'The server cannot be reached. Check your connection and try again.' };
  }
  if (response.ok) return { kind: 'token', token: await plain(response) };
  if (response.status === 404) return { kind: 'own' };
  if (response.status === 429) {
    return { kind: 'error', text: 'That was a little fast. Wait a moment and try again.' };
  }
  if (response.status < 500) {
    return {
      kind: 'error',
      text: 'The server did not accept this room, name or role. Change them and try again.',
    };
  }
  return { kind: 'error', text: 'The server is not ready right now. Try again in a moment.' };
};
