import type { JSX } from 'preact';
import type { Kind } from '../../../../common/contract/media.ts';
import type { Participant } from '../../../../management-api/schemas/participants.ts';
import { Icon } from '../../../app/src/ui/icon.tsx';
import { useApi } from '../live/context.ts';
import { Glyph } from '../ui/glyph.tsx';
import { useAction } from '../ui/notices.tsx';

type ActionName = 'publish' | 'subscribe';

const faces: Record<ActionName, Record<Kind, { drawing: JSX.Element; words: string }>> = {
  publish: {
    audio: { drawing: <Icon name="mic" size={17} />, words: 'send sound' },
    video: { drawing: <Icon name="camera" size={17} />, words: 'send pictures' },
  },
  subscribe: {
    audio: { drawing: <Icon name="volume" size={17} />, words: 'hear' },
    video: { drawing: <Glyph name="eye" size={17} />, words: 'see' },
  },
};

interface SwitchesProps {
  room: string;
  participant: Participant;
  action: ActionName;
}

/** What a participant may send or receive; takes effect at once. */
export const PermissionSwitches = ({ room, participant, action }: SwitchesProps): JSX.Element => {
  const api = useApi();
  const { busy, run } = useAction();
  const permitted = participant.permission[action];
  const set = (kind: Kind, value: boolean): void => {
    const { words } = faces[action][kind];
    void run(async () => {
      await api.permit(room, participant.id, [
        { op: 'replace', path: `/permission/${action}/${kind}`, value },
      ]);
      return `${participant.user} may ${value ? words : `no longer ${words}`}`;
    });
  };
  return (
    <span class="switches">
      {(['audio', 'video'] as const).map((kind) => {
        const { drawing, words } = faces[action][kind];
        const on = permitted?.[kind] === true;
        return (
          <button
            key={kind}
            type="button"
            role="switch"
            class="switch"
            aria-checked={on}
            aria-label={`${participant.user} may ${words}`}
            title={on ? `May ${words}` : `May not ${words}`}
            disabled={busy}
            onClick={() => {
              set(kind, !on);
            }}
          >
            {drawing}
          </button>
        );
      })}
    </span>
  );
};
