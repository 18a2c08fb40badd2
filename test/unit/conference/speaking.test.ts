import assert from 'node:assert/strict';
import { ParticipantId, RouterId } from '../../../common/contract/ids.ts';
import type { NotificationPayload } from '../../../common/contract/client.ts';
import { Participant } from '../../../conference-agent/participant.ts';
import type { RoomCore } from '../../../conference-agent/room-core.ts';
import { RoomState } from '../../../conference-agent/room-state.ts';
import { Speaking } from '../../../conference-agent/speaking.ts';
import { member, roomId } from './fixtures.ts';
import { participantRecord } from '../../support/participant-record.ts';

const id = (name: string) => ParticipantId.parse(name);
const [agent1, agent2] = [member('access', '1'), member('access', '2')];

/** Alice and Bob sit at the first agent, Carol at the second. */
function makeSpeaking() {
  const state = new RoomState(roomId);
  const told: NotificationPayload<'speaking'>[] = [];
  const journal = {
    tellAll: ({ data }: { data: NotificationPayload<'speaking'> }) => told.push(data),
  };
  for (const [name, agent] of [
    ['alice', agent1],
    ['bob', agent1],
    ['carol', agent2],
  ] as const) {
    const record = participantRecord(name, { agent });
    state.participants.set(id(name), new Participant(record, member('portal', 'p')));
  }
  // Speaking needs no more of a room than this.
  const speaking = new Speaking({ state, journal } as unknown as RoomCore);
  return { state, told, speaking };
}

const report = (agent: typeof agent1, volumes: Record<string, number>, dominant: string | null) => ({
  agent,
  router: RouterId.parse(`router-${agent}`),
  participants: Object.entries(volumes).map(([name, volume]) => ({ id: id(name), volume })),
  dominant: dominant === null ? null : id(dominant),
});

describe('who speaks in a room', () => {
  it('is the sum of what all routers report, loudest first', () => {
    const { speaking, told } = makeSpeaking();
    speaking.report(report(agent1, { alice: -40, bob: -20 }, 'bob'));
    speaking.report(report(agent2, { carol: -30 }, 'carol'));
    assert.deepEqual(told.at(-1), { participants: ['bob', 'carol', 'alice'], dominant: 'bob' });
  });

  it('is told when it changes, not when only the levels do', () => {
    const { speaking, told } = makeSpeaking();
    speaking.report(report(agent1, {}, null));
    assert.equal(told.length, 0);
    speaking.report(report(agent1, { alice: -40 }, 'alice'));
    speaking.report(report(agent1, { alice: -10 }, 'alice'));
    assert.equal(told.length, 1);
    speaking.report(report(agent1, {}, null));
    assert.deepEqual(told.at(-1), { participants: [], dominant: null });
  });

  it('prefers for the dominant one the loudest that its router calls so', () => {
    const { speaking, told } = makeSpeaking();
    speaking.report(report(agent1, { alice: -10, bob: -20 }, 'bob'));
    speaking.report(report(agent2, { carol: -30 }, 'carol'));
    assert.equal(told.at(-1)?.dominant, 'bob');
    speaking.report(report(agent1, { alice: -10 }, null));
    assert.equal(told.at(-1)?.dominant, 'carol');
  });

  it('forgets who left, and whose agent was lost', () => {
    const { speaking, told, state } = makeSpeaking();
    speaking.report(report(agent1, { alice: -10, bob: -20 }, 'alice'));
    speaking.report(report(agent2, { carol: -30 }, 'carol'));
    state.participants.delete(id('alice'));
    speaking.refresh();
    assert.deepEqual(told.at(-1), { participants: ['bob', 'carol'], dominant: 'carol' });
    speaking.agentLost(agent1);
    assert.deepEqual(told.at(-1), { participants: ['carol'], dominant: 'carol' });
  });

  it('does not believe an agent about people who sit elsewhere', () => {
    const { speaking, told } = makeSpeaking();
    speaking.report(report(agent2, { alice: -10, mallory: -5 }, 'mallory'));
    assert.deepEqual(told, []);
  });
});
