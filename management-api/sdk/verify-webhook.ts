import type { WebhookEvent } from '../schemas/webhooks.ts';
import { verifyWebhook as verify, type ReceivedWebhook } from '../webhooks/signature.ts';
import { translate } from './error.ts';

export type { ReceivedWebhook };

/**
 * Checks that a webhook comes from the server, is recent and complete, and reads it.
 * @throws PorticoAdminError `token_malformed`, `token_signature`, `token_expired`, `token_altered`, `bad_request`
 */
export function verifyWebhook(received: ReceivedWebhook): WebhookEvent {
  try {
    return verify(received);
  } catch (error) {
    throw translate(error);
  }
}
