import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { tilesOf } from '../state/selectors.ts';
import type { Tile } from '../state/selectors.ts';
import { roleName } from '../roles.ts';
import { mixingOf } from '../state/mix-selectors.ts';
import type { Mixing } from '../state/mix-selectors.ts';
import { useApp, useAppState } from '../ui/context.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Button, IconButton } from '../ui/button.tsx';
import { CopyLink } from '../ui/copy-link.tsx';
import { Icon } from '../ui/icon.tsx';
import { Menu } from '../ui/menu.tsx';
import type { MenuItem } from '../ui/menu.tsx';
import { PanelFrame } from './panel.tsx';

const Confirm = ({ tile, onDone }: { tile: Tile; onDone: () => void }): JSX.Element => {
  const { controls } = useApp();
  return (
    <div class="confirm" role="alertdialog" aria-label={`Remove ${tile.name}?`}>
      <span>Remove {tile.name} from the call?</span>
      <div>
        <Button onClick={onDone}>Cancel</Button>
        <Button
          kind="danger"
          onClick={() => {
            controls.remove(tile.owner);
            onDone();
          }}
        >
          Remove
        </Button>
      </div>
    </div>
  );
};

/** Shows whether somebody can be heard; for moderators it is also the way to change that. */
const MicState = ({ tile, moderate }: { tile: Tile; moderate: boolean }): JSX.Element => {
  const { controls } = useApp();
  if (moderate && !tile.muted) {
    return (
      <IconButton
        icon="mic"
        size="small"
        label={`Mute ${tile.name}`}
        onClick={() => {
          controls.muteOther(tile.owner);
        }}
      />
    );
  }
  return (
    <span class="state" role="img" aria-label={tile.muted ? 'Microphone off' : 'Microphone on'}>
      <Icon name={tile.muted ? 'mic-off' : 'mic'} size={20} />
    </span>
  );
};

const presenceOf = (tile: Tile): string | null => {
  if (tile.away) return 'Connection lost';
  return tile.interrupted ? 'Reconnecting…' : null;
};

/** How somebody is shown in the mixed view: for moderators, and for oneself. */
const MixMenu = ({
  tile,
  mixing,
  moderate,
}: {
  tile: Tile;
  mixing: Mixing;
  moderate: boolean;
}): JSX.Element => {
  const { controls } = useApp();
  const items: MenuItem[] = [
    {
      icon: 'mix',
      label: mixing.mixed ? 'Take out of the mix' : 'Show in the mix',
      onSelect: () => {
        controls.mixing.setMixed(tile.owner, !mixing.mixed);
      },
    },
  ];
  if (moderate && mixing.primary !== null) {
    items.push({
      icon: 'star',
      label: 'Make main picture',
      onSelect: () => {
        controls.mixing.makePrimary(tile.owner);
      },
    });
  }
  return <Menu icon="more" size="small" label={`Mixed view: ${tile.name}`} items={items} />;
};

interface PersonRowProps {
  tile: Tile;
  role: string;
  /** Null: the room mixes nothing of this person. */
  mixing: Mixing | null;
  moderate: boolean;
}

const PersonRow = ({ tile, role, mixing, moderate }: PersonRowProps): JSX.Element => {
  const [asking, setAsking] = useState(false);
  return (
    <li class="person-row" data-participant={tile.owner}>
      <Avatar id={tile.owner} name={tile.name} />
      <div class="person-text">
        <span class="person-name">
          {tile.name}
          {tile.self && <em> (you)</em>}
        </span>
        <span class="person-role">{presenceOf(tile) ?? roleName(role)}</span>
      </div>
      <span class="person-state">
        <MicState tile={tile} moderate={moderate && !tile.self} />
        <span class="state" role="img" aria-label={tile.hasCamera ? 'Camera on' : 'Camera off'}>
          <Icon name={tile.hasCamera ? 'camera' : 'camera-off'} size={20} />
        </span>
        {mixing !== null && (moderate || tile.self) && (
          <MixMenu tile={tile} mixing={mixing} moderate={moderate} />
        )}
        {moderate && !tile.self && (
          <IconButton
            icon="remove"
            size="small"
            label={`Remove ${tile.name}`}
            onClick={() => {
              setAsking(true);
            }}
          />
        )}
      </span>
      {asking && (
        <Confirm
          tile={tile}
          onDone={() => {
            setAsking(false);
          }}
        />
      )}
    </li>
  );
};

export const PeoplePanel = (): JSX.Element => {
  const state = useAppState((all) => all);
  const people = tilesOf(state).filter((tile) => tile.kind === 'person');
  // The own row first: this is where people look whether they are muted.
  const ordered = [...people.filter((tile) => tile.self), ...people.filter((tile) => !tile.self)];
  return (
    <PanelFrame title={`People (${String(people.length)})`} name="people">
      <ul class="people">
        {ordered.map((tile) => (
          <PersonRow
            key={tile.key}
            tile={tile}
            role={state.people[tile.owner]?.role ?? ''}
            mixing={mixingOf(state, tile.owner)}
            moderate={state.self?.permission.moderate ?? false}
          />
        ))}
      </ul>
      <div class="panel-foot">
        <CopyLink />
      </div>
    </PanelFrame>
  );
};
