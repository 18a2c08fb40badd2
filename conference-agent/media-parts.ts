import type { Bus } from '../common/bus/bus.ts';
import type { RoomMemory } from '../common/contract/cluster.ts';
import type { MemberId, StreamId } from '../common/contract/ids.ts';
import { LeftRuns } from './jobs/left-runs.ts';
import { Outside } from './outside.ts';
import { Publishing } from './publishing.ts';
import type { RoomCore } from './room-core.ts';
import type { Seating } from './seating.ts';
import { StreamControl } from './stream-control.ts';
import { Subscribing } from './subscribing.ts';
import { SubscriptionControl } from './subscription-control.ts';
import { Mixing } from './views/mixing.ts';

export interface MediaOptions {
  bus: Bus;
  seating: Seating;
  /** Makes an id free that an agent still has for somebody who is gone. */
  displace: (id: StreamId) => Promise<void>;
  /** Resolves when what a member knows of the room has been taken in. */
  hear: (member: MemberId) => Promise<void>;
  /** Tells the members, or one that is new, what to remember. */
  remember: (memory: RoomMemory, member?: MemberId) => void;
  /** Something that kept the room open is over. */
  onIdle: () => void;
}

/** What is sent, received, mixed, recorded and streamed in a room. */
export interface MediaParts {
  publishing: Publishing;
  /** What is done to streams. */
  control: StreamControl;
  subscribing: Subscribing;
  /** What is done to subscriptions. */
  receiving: SubscriptionControl;
  mixing: Mixing;
  outside: Outside;
}

/** Puts together the parts that tell each other of streams and subscriptions. */
export function createMedia(core: RoomCore, options: MediaOptions): MediaParts {
  const { bus, seating, displace, hear, remember, onIdle } = options;
  const subscribing = new Subscribing(core, { seating, mixing: () => mixing });
  const publishing = new Publishing(core, {
    seating,
    displace,
    onSourceLost: (stream, reason) => {
      subscribing.sourceLost(stream, reason);
      if (reason === 'source_ended') mixing.inputs.removed(stream);
      outside.egresses.streamChanged(stream.id);
    },
    onInserted: (stream) => {
      mixing.inputs.inserted(stream);
      outside.egresses.streamChanged(stream.id);
    },
    onActivated: (stream) => {
      mixing.inputs.activated(stream);
      outside.egresses.streamChanged(stream.id);
    },
    onChanged: (stream) => {
      mixing.inputs.changed(stream);
      outside.egresses.streamChanged(stream.id);
    },
  });
  const control = new StreamControl(core, {
    publishing,
    views: () => mixing.control,
    ingresses: () => outside.ingresses,
  });
  const left = new LeftRuns(core);
  const mixing: Mixing = new Mixing(core, {
    left,
    hear,
    remember: (views, member) => {
      remember({ views }, member);
    },
    endSubscription: (subscription, reason) => {
      subscribing.end(subscription, reason, true);
    },
    onOutputs: (view) => {
      outside.egresses.viewChanged(view);
    },
    tellChange: (stream, update) => {
      publishing.tellChange(stream, update);
    },
    expel: (id) => control.expel(id),
  });
  const outside: Outside = new Outside(core, {
    ...{ bus, left, publishing, onIdle },
    views: () => mixing.views,
    remember: (records, member) => {
      remember({ outside: records }, member);
    },
  });
  const receiving = new SubscriptionControl(core);
  return { publishing, control, subscribing, receiving, mixing, outside };
}
