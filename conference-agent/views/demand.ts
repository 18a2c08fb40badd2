import { PorticoError } from '../../common/contract/errors.ts';
import type { ParticipantId } from '../../common/contract/ids.ts';
import type { Kind } from '../../common/contract/media.ts';
import type { MixSpec, MixState, VideoOutput } from '../../common/contract/mix.ts';
import type { Subscription } from '../room-state.ts';
import type { RoomState } from '../room-state.ts';
import { mainOutput, outputFor } from './variants.ts';
import { audioKeyOf, type View } from './view.ts';

/** Outputs that one subscription receives. */
export interface Wish {
  participant?: ParticipantId | undefined;
  audio?: string | undefined;
  video?: VideoOutput | undefined;
}

/** All outputs that a mix has to have. */
export interface Needs {
  audio: Set<string>;
  video: Map<string, VideoOutput>;
}

export const isEmpty = ({ audio, video }: Needs): boolean => audio.size === 0 && video.size === 0;

/** Whether all outputs of a wish are among these. */
export const isPart = ({ audio, video }: Wish, outputs: MixSpec['outputs']): boolean =>
  (audio === undefined || outputs.audio.some((key) => key === audio)) &&
  (video === undefined || outputs.video.some(({ key }) => key === video.key));

/** Sounds for single participants at most (as many as a spec may name). */
const mostAudio = 1_000;

/** Who needs which outputs of a view: subscriptions, those who wait for one, and those expected to come back. */
export class Demand {
  readonly #view: View;
  readonly #state: RoomState;
  readonly #claims = new Set<Wish>();
  /** What they had until the mix or the owner was lost, until when, ms (monotonic); `Infinity` while the mix is gone. */
  readonly #expected = new Map<Wish, number>();
  #expiry: NodeJS.Timeout | undefined;
  readonly #onExpired: () => void;

  constructor(state: RoomState, view: View, onExpired: () => void) {
    this.#state = state;
    this.#view = view;
    this.#onExpired = onExpired;
  }

  /**
   * Somebody is about to subscribe.
   * @throws PorticoError `resource_exhausted` when that would be one encoding too many
   */
  claim(wish: Wish, mostVideo: number): void {
    const needs = this.needs();
    const { label } = this.#view;
    if (wish.video !== undefined && !needs.video.has(wish.video.key) && needs.video.size >= mostVideo) {
      throw new PorticoError(
        'resource_exhausted',
        `the view '${label}' is being encoded in ${mostVideo} ways already; ask for one of these, or for none in particular`,
        { field: 'media.tracks' },
      );
    }
    if (wish.audio !== undefined && !needs.audio.has(wish.audio) && needs.audio.size >= mostAudio) {
      throw new PorticoError('resource_exhausted', `the view '${label}' has as many listeners as it may`);
    }
    this.#claims.add(wish);
  }

  release(wish: Wish): void {
    this.#claims.delete(wish);
  }

  /** Whoever had these outputs is expected to come back for them. */
  expect(wishes: readonly Wish[], forMs: number): void {
    const until = performance.now() + forMs;
    for (const wish of wishes) this.#expected.set(wish, until);
    this.#watch();
  }

  /** Whether anybody is. */
  get expecting(): boolean {
    return this.#expected.size > 0;
  }

  /** From now on they are expected for so long, and no longer. */
  expectAll(forMs: number): void {
    this.expect([...this.#expected.keys()], forMs);
  }

  /** A participant is gone. */
  forget(participant: ParticipantId): void {
    for (const wish of this.#expected.keys()) {
      if (wish.participant === participant) this.#expected.delete(wish);
    }
  }

  needs(): Needs {
    const needs: Needs = { audio: new Set(), video: new Map() };
    const now = performance.now();
    for (const [wish, until] of this.#expected) if (until <= now) this.#expected.delete(wish);
    for (const wish of [...this.#claims, ...this.received(), ...this.#expected.keys()]) {
      if (wish.audio !== undefined) needs.audio.add(wish.audio);
      if (wish.video !== undefined) needs.video.set(wish.video.key, wish.video);
    }
    return needs;
  }

  /** What subscriptions receive now: all of them, or these. */
  received(subscriptions = this.#state.subscriptionsTo(this.#view.stream)): Wish[] {
    const { running } = this.#view;
    const audio = keysOf(running?.state, 'audio');
    const video = keysOf(running?.state, 'video');
    return subscriptions.map((subscription) => this.#wishOf(subscription, { audio, video }));
  }

  /** By the producer, where it is known; after a takeover it may not be, then as it would be given anew. */
  #wishOf({ grant }: Subscription, keys: Record<Kind, ReadonlyMap<string, string>>): Wish {
    const { video, stream } = this.#view;
    const wish: Wish = { participant: grant.participant };
    for (const track of grant.tracks) {
      if (track.stream !== stream) continue;
      const key = keys[track.type].get(track.origin.producer);
      if (track.type === 'audio') wish.audio = key ?? this.#audioKey(grant.participant);
      else if (video !== undefined) wish.video = this.#videoOutput(track.parameters, key);
    }
    return wish;
  }

  #audioKey(id: ParticipantId): string {
    const participant = this.#state.participants.get(id);
    return participant === undefined ? 'common' : audioKeyOf(participant);
  }

  #videoOutput(
    asked: Parameters<typeof outputFor>[1]['asked'],
    key: string | undefined,
  ): VideoOutput | undefined {
    const { video, variants } = this.#view;
    if (video === undefined) return undefined;
    try {
      const output = outputFor(video, { variants, asked, field: '' });
      // It keeps what it has, also when that would have another name by now.
      return key === undefined ? output : { ...output, key };
    } catch {
      // No longer offered.
      return mainOutput(video);
    }
  }

  #watch(): void {
    clearTimeout(this.#expiry);
    const next = Math.min(...this.#expected.values());
    if (!Number.isFinite(next)) return;
    this.#expiry = setTimeout(
      () => {
        this.#onExpired();
        this.#watch();
      },
      Math.max(1, next - performance.now() + 1),
    );
  }

  stop(): void {
    clearTimeout(this.#expiry);
    this.#expected.clear();
    this.#claims.clear();
  }
}

function keysOf(state: MixState | undefined, kind: Kind): Map<string, string> {
  const outputs: readonly { key: string; producer: string }[] = state?.[kind] ?? [];
  return new Map(outputs.map(({ key, producer }) => [producer, key]));
}
