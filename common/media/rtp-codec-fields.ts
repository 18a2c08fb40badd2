import type { types } from 'mediasoup';
import { PorticoError } from '../contract/errors.ts';

const keyPattern = /^[\w.-]{1,64}$/;
/** What may stand in an `a=fmtp` line of somebody else's SDP: printable ASCII without the separator. */
const valuePattern = /^[\x20-\x3a\x3c-\x7e]{0,500}$/;

/**
 * Codec parameters (fmtp). Nulls are left out; anything that could break an SDP line is refused.
 * @throws PorticoError `rtp_invalid`
 */
export function cleanParameters(given: unknown, field: string): Record<string, string | number> {
  const clean: Record<string, string | number> = {};
  if (typeof given !== 'object' || given === null) return clean;
  for (const [key, value] of Object.entries(given)) {
    if (value === null || value === undefined) continue;
    const fits =
      typeof value === 'string'
        ? valuePattern.test(value)
        : typeof value === 'number' && Number.isFinite(value) && Math.abs(value) <= 0x7fffffff;
    if (!fits || !keyPattern.test(key)) {
      throw new PorticoError('rtp_invalid', `${field}: parameter '${key.slice(0, 64)}' is not acceptable`, {
        field: `${field}.parameters`,
      });
    }
    clean[key] = value as string | number;
  }
  return clean;
}

/** RTCP feedback without anything but its two fields. */
export function cleanFeedback(given: types.RtcpFeedback[] | undefined): types.RtcpFeedback[] {
  return (given ?? []).map(({ type, parameter }) =>
    parameter === undefined ? { type } : { type, parameter },
  );
}
