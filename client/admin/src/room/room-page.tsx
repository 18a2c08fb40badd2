import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { Button } from '../../../app/src/ui/button.tsx';
import { Failure } from '../api/failure.ts';
import type { Management } from '../api/management.ts';
import { useApi, useLive, useView } from '../live/context.ts';
import type { Live } from '../live/live.ts';
import { count, formatRate, formatSpan } from '../model/format.ts';
import { ratesOf } from '../model/measures.ts';
import { isPublished } from '../model/room-picture.ts';
import type { RoomPicture } from '../model/room-picture.ts';
import { linkTo } from '../model/route.ts';
import { RoomDialog } from '../rooms/room-dialog.tsx';
import { TokenDialog } from '../tokens/token-dialog.tsx';
import { useConfirm } from '../ui/dialog.tsx';
import { Glyph } from '../ui/glyph.tsx';
import { useAction } from '../ui/notices.tsx';
import { Card, Dot, Empty, Id, PageHead, SmallButton, Stale, Waiting } from '../ui/parts.tsx';
import { Sparkline } from '../ui/plot.tsx';
import { EndedRecordings } from './ended-recordings.tsx';
import { Outputs, StartOutputs } from './outputs.tsx';
import { Participants } from './participants.tsx';
import { FetchButton, StreamingIns } from './streaming-ins.tsx';
import { Streams } from './streams.tsx';
import { Views } from './views.tsx';
import type { EndedRecording } from '../../../../management-api/schemas/recordings.ts';
import type { Room } from '../../../../management-api/schemas/rooms.ts';

/** Undefined: the room is not stored, it runs by the configuration file. */
const storedRoom = async (api: Management, room: string, signal: AbortSignal): Promise<Room | undefined> => {
  try {
    return (await api.room(room, signal)).room;
  } catch (error) {
    if (error instanceof Failure && error.status === 404) return undefined;
    throw error;
  }
};

const nothing = { participants: [], streams: [], views: [], subscriptions: [], measures: undefined };
const nowhere = { recordings: [], streamingOuts: [], streamingIns: [] };
const asleep = { ...nothing, ...nowhere };

type Look = Omit<RoomPicture, 'stored' | 'ended'>;

const look = async (live: Live, room: string, signal: AbortSignal): Promise<Look> => {
  const { api, series } = live;
  const status = await api.status(room, signal);
  if (!status.active) return { status, ...asleep };
  const participants = await api.participants(room, signal);
  const streams = (await api.streams(room, signal)).filter(isPublished);
  const views = await api.views(room, signal);
  const subscriptions = await api.subscriptions(room, signal);
  const measures = await api.measures(room, signal);
  const recordings = await api.outputs.recordings(room, signal);
  const streamingOuts = await api.outputs.streamingOuts(room, signal);
  const streamingIns = await api.outputs.streamingIns(room, signal);
  const now = Date.now();
  const rates = ratesOf(measures);
  series.push(`in ${room}`, rates.incoming, now);
  series.push(`out ${room}`, rates.outgoing, now);
  for (const { tracks } of measures.streams) {
    for (const track of tracks) series.push(`track ${track.id}`, track.bitrate, now);
  }
  const media = { participants, streams, views, subscriptions, measures };
  return { status, ...media, recordings, streamingOuts, streamingIns };
};

/** Finished recordings change rarely, and all mixer agents are asked for them: not in each look, ms. */
const endedFreshFor = 10_000;

/** Recordings that are over: asked for now and then, and when one that ran has ended. */
const useEnded = (room: string) => {
  const kept = useRef<{ at: number; running: number; ended: EndedRecording[] } | undefined>(undefined);
  return async ({ api }: Live, running: number, signal: AbortSignal): Promise<EndedRecording[]> => {
    const known = kept.current;
    const isFresh = known !== undefined && Date.now() - known.at < endedFreshFor;
    if (isFresh && known.running <= running) {
      known.running = running;
      return known.ended;
    }
    const ended = await api.outputs.ended(room, signal);
    kept.current = { at: Date.now(), running, ended };
    return ended;
  };
};

/** Everything about a room; its settings are asked for once, and after each change. */
const useRoom = (room: string) => {
  const live = useLive();
  const endedOf = useEnded(room);
  const stored = useRef<{ room: Room | undefined } | undefined>(undefined);
  const view = useView(`room ${room}`, async (at, signal): Promise<RoomPicture> => {
    stored.current ??= { room: await storedRoom(at.api, room, signal) };
    const seen = await look(at, room, signal);
    const ended = await endedOf(at, seen.recordings.length, signal);
    return { stored: stored.current.room, ...seen, ended };
  });
  const reload = (): void => {
    stored.current = undefined;
    live.refresh();
  };
  return { view, reload };
};

export const RoomPage = ({ room }: { room: string }): JSX.Element => {
  const { view, reload } = useRoom(room);
  const [dialog, setDialog] = useState<'edit' | 'token'>();
  const picture = view.data;
  return (
    <>
      <a class="back" href={linkTo({ page: 'rooms' })}>
        <Glyph name="back" size={16} /> Rooms
      </a>
      <PageHead title={picture?.stored?.name ?? room} note={<StateLine room={room} picture={picture} />}>
        {picture !== undefined && <Actions room={room} picture={picture} open={setDialog} />}
      </PageHead>
      {picture === undefined ? (
        <Waiting view={view} />
      ) : (
        <>
          <Stale view={view} />
          {picture.status.active ? (
            <Running room={room} picture={picture} />
          ) : (
            <Asleep room={room} picture={picture} />
          )}
          <EndedRecordings ended={picture.ended} />
        </>
      )}
      {dialog === 'edit' && (
        <RoomDialog
          edit={room}
          onClose={() => {
            setDialog(undefined);
          }}
          onSaved={() => {
            setDialog(undefined);
            reload();
          }}
        />
      )}
      {dialog === 'token' && (
        <TokenDialog
          room={room}
          roles={rolesOf(picture)}
          onClose={() => {
            setDialog(undefined);
          }}
        />
      )}
    </>
  );
};

const rolesOf = (picture: RoomPicture | undefined): string[] | undefined =>
  picture?.stored?.roles.map(({ role }) => role);

const StateLine = ({ room, picture }: { room: string; picture: RoomPicture | undefined }): JSX.Element => {
  const { status, stored } = picture ?? {};
  return (
    <span class="state-line">
      {stored !== undefined && stored.name !== room && <Id>{room}</Id>}
      {status?.active === true && (
        <>
          <span>
            <Dot tone="good" /> running
            {status.since === undefined ? '' : ` for ${formatSpan(Date.now() - status.since)}`}
          </span>
          {status.owner !== undefined && <Id>{status.owner}</Id>}
        </>
      )}
      {status?.active === false && <span>idle</span>}
      {picture !== undefined && stored === undefined && <span>not stored: runs by the configuration</span>}
    </span>
  );
};

interface ActionsProps {
  room: string;
  picture: RoomPicture;
  open: (dialog: 'edit' | 'token') => void;
}

const Actions = ({ room, picture, open }: ActionsProps): JSX.Element => {
  const api = useApi();
  const { done } = useAction();
  const [ask, question] = useConfirm();
  const inside = picture.participants.length;
  const revoke = (): void => {
    ask({
      title: `Revoke all tokens of ${room}?`,
      text: `Tokens that were made until now join nobody any more, and ${count(inside, 'participant')} will be sent away. New tokens work.`,
      confirm: 'Revoke all',
      act: async () => {
        const { dropped } = await api.revoke({ room: room });
        done(`Tokens of ${room} revoked, ${count(dropped, 'participant')} dropped`);
      },
    });
  };
  const drop = (): void => {
    ask({
      title: `Delete ${picture.stored?.name ?? room}?`,
      text: `Its settings are gone for good${inside === 0 ? '' : `, and ${count(inside, 'participant')} will be sent away`}.`,
      confirm: 'Delete room',
      act: async () => {
        await api.deleteRoom(room);
        done(`Room ${room} deleted`);
        location.hash = linkTo({ page: 'rooms' });
      },
    });
  };
  return (
    <>
      <Button
        onClick={() => {
          open('token');
        }}
      >
        <Glyph name="tokens" /> New token
      </Button>
      {picture.stored !== undefined && (
        <Button
          onClick={() => {
            open('edit');
          }}
        >
          <Glyph name="edit" /> Settings
        </Button>
      )}
      <SmallButton glyph="revoke" tone="danger" label="Revoke all tokens of this room" onClick={revoke} />
      {picture.stored !== undefined && (
        <SmallButton glyph="trash" tone="danger" label="Delete this room" onClick={drop} />
      )}
      {question}
    </>
  );
};

const Running = ({ room, picture }: { room: string; picture: RoomPicture }): JSX.Element => {
  const { series } = useLive();
  const rates = picture.measures === undefined ? undefined : ratesOf(picture.measures);
  const limit = picture.stored?.participantLimit ?? -1;
  return (
    <>
      <dl class="figures">
        <div>
          <dd>
            {picture.participants.length}
            {limit >= 0 && <small> of {limit}</small>}
          </dd>
          <dt>participants</dt>
        </div>
        <div>
          <dd>{picture.streams.length}</dd>
          <dt>streams</dt>
        </div>
        <div>
          <dd>{picture.subscriptions.length}</dd>
          <dt>subscriptions</dt>
        </div>
        <RateFigure name="in" value={rates?.incoming} series={series.get(`in ${room}`)} />
        <RateFigure name="out" value={rates?.outgoing} series={series.get(`out ${room}`)} />
      </dl>
      {(picture.measures?.unanswered.length ?? 0) > 0 && (
        <p class="notice">
          Some access agents did not answer in time: what they carry is not measured right now.
        </p>
      )}
      <Participants room={room} picture={picture} />
      <Streams room={room} picture={picture} />
      <Views room={room} picture={picture} />
      <Outputs room={room} picture={picture} />
      <StreamingIns room={room} all={picture.streamingIns} />
    </>
  );
};

interface RateFigureProps {
  name: 'in' | 'out';
  value: number | undefined;
  series: Parameters<typeof Sparkline>[0]['series'];
}

const RateFigure = ({ name, value, series }: RateFigureProps): JSX.Element => (
  <div class={`rate ${name}`}>
    <dd>{value === undefined ? '–' : formatRate(value)}</dd>
    <dt>
      {name}{' '}
      <Sparkline series={series} width={96} height={22} label={`Bitrate ${name} in the last five minutes`} />
    </dt>
  </div>
);

const Asleep = ({ room, picture }: { room: string; picture: RoomPicture }): JSX.Element => (
  <Card>
    <Empty glyph="rooms" title="Nobody is in this room">
      <p>
        It starts when somebody joins. <a href={linkTo({ page: 'tokens', room })}>Tokens of this room</a> ·{' '}
        <a href={linkTo({ page: 'audit', room })}>what was changed</a>
      </p>
      <div class="view-buttons">
        <StartOutputs room={room} picture={picture} />
        <FetchButton room={room} />
      </div>
    </Empty>
  </Card>
);
