import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Counts of what conference agents do. Labels come from closed sets. */
export interface ConferenceMetrics {
  rooms: Gauge;
  participants: Gauge;
  streams: Gauge;
  subscriptions: Gauge;
  joins: Counter<'result'>;
  leaves: Counter<'reason'>;
  roomsOpened: Counter<'kind'>;
  openSeconds: Histogram;
  interruptions: Counter<'reason'>;
  mixes: Gauge;
  mixApplies: Counter<'result'>;
  mixLosses: Counter<'reason'>;
  egresses: Gauge<'type'>;
  egressParts: Counter<'type'>;
  egressEnds: Counter<'type' | 'reason'>;
  ingresses: Gauge;
  ingressLosses: Counter;
}

function egressMetrics(
  registers: Registry[],
): Pick<ConferenceMetrics, 'egresses' | 'egressParts' | 'egressEnds' | 'ingresses' | 'ingressLosses'> {
  return {
    egresses: new Gauge({
      name: 'portico_egresses',
      help: 'Recordings and live streams out of those rooms that run or look for an agent.',
      labelNames: ['type'],
      registers,
    }),
    egressParts: new Counter({
      name: 'portico_egress_parts_total',
      help: 'Recordings and live streams out begun on an agent; more than one for one whose agent was lost.',
      labelNames: ['type'],
      registers,
    }),
    egressEnds: new Counter({
      name: 'portico_egress_ends_total',
      help: 'Recordings and live streams out that are over, by reason.',
      labelNames: ['type', 'reason'],
      registers,
    }),
    ingresses: new Gauge({
      name: 'portico_ingresses',
      help: 'Streams that are fetched from URLs into those rooms.',
      registers,
    }),
    ingressLosses: new Counter({
      name: 'portico_ingress_losses_total',
      help: 'Fetched streams that lost their agent.',
      registers,
    }),
  };
}

function mixMetrics(registers: Registry[]): Pick<ConferenceMetrics, 'mixes' | 'mixApplies' | 'mixLosses'> {
  return {
    mixes: new Gauge({
      name: 'portico_views_running',
      help: 'Views of those rooms that are being mixed.',
      registers,
    }),
    mixApplies: new Counter({
      name: 'portico_view_applies_total',
      help: 'What mixer agents were told of mixes, by result: ok or an error code.',
      labelNames: ['result'],
      registers,
    }),
    mixLosses: new Counter({
      name: 'portico_view_losses_total',
      help: 'Mixes that could not go on at their agent.',
      labelNames: ['reason'],
      registers,
    }),
  };
}

export function conferenceMetrics(registry: Registry): ConferenceMetrics {
  const registers = [registry];
  return {
    ...mixMetrics(registers),
    ...egressMetrics(registers),
    rooms: new Gauge({ name: 'portico_rooms', help: 'Rooms owned by this process.', registers }),
    participants: new Gauge({
      name: 'portico_participants',
      help: 'Participants in those rooms.',
      registers,
    }),
    streams: new Gauge({ name: 'portico_streams', help: 'Published streams in those rooms.', registers }),
    subscriptions: new Gauge({
      name: 'portico_subscriptions',
      help: 'Subscriptions in those rooms.',
      registers,
    }),
    joins: new Counter({
      name: 'portico_joins_total',
      help: 'Joins by result: ok or an error code.',
      labelNames: ['result'],
      registers,
    }),
    leaves: new Counter({
      name: 'portico_leaves_total',
      help: 'Leaves by reason.',
      labelNames: ['reason'],
      registers,
    }),
    roomsOpened: new Counter({
      name: 'portico_rooms_opened_total',
      help: 'Rooms opened: new, or takeover (something of the room was still alive).',
      labelNames: ['kind'],
      registers,
    }),
    openSeconds: new Histogram({
      name: 'portico_room_open_seconds',
      help: 'Time from the claim of a room until it is served.',
      buckets: [0.005, 0.02, 0.1, 0.5, 1, 2, 5],
      registers,
    }),
    interruptions: new Counter({
      name: 'portico_stream_interruptions_total',
      help: 'Streams that lost their agent or worker.',
      labelNames: ['reason'],
      registers,
    }),
  };
}
