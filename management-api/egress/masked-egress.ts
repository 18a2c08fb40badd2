import type { EgressState } from '../../common/contract/egress.ts';
import type { ManagedEgress, ManagedIngress, RoomEvent } from '../../common/contract/management.ts';
import { maskIn, maskUrl } from './mask-url.ts';

type Failing = Pick<EgressState, 'error'>;

const maskState = <S extends Failing>(state: S, url: string | undefined): S =>
  state.error === undefined
    ? state
    : { ...state, error: { ...state.error, message: maskIn(state.error.message, url) } };

/** A recording or live stream without the secrets of its URL. */
export function maskEgress(egress: ManagedEgress): ManagedEgress {
  const { target } = egress;
  if (target.type === 'recording' || target.url === undefined) return egress;
  return {
    ...egress,
    target: { ...target, url: maskUrl(target.url) },
    state: maskState(egress.state, target.url),
  };
}

/** A fetched stream without the secrets of its URL. */
export const maskIngress = (ingress: ManagedIngress): ManagedIngress => ({
  ...ingress,
  url: maskUrl(ingress.url),
  state: maskState(ingress.state, ingress.url),
});

/** An event of a room as applications may see it. */
export const maskEvent = (event: RoomEvent): RoomEvent =>
  'egress' in event ? { ...event, egress: maskEgress(event.egress) } : event;
