import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { Button } from '../../../app/src/ui/button.tsx';
import { roles as usualRoles } from '../../../app/src/roles.ts';
import type { IssuedToken } from '../../../../management-api/schemas/tokens.ts';
import { useApi, useCluster } from '../live/context.ts';
import { formatTime } from '../model/format.ts';
import { joinLink } from '../model/links.ts';
import { Glyph } from '../ui/glyph.tsx';
import { Dialog, DialogForm } from '../ui/dialog.tsx';
import { Select, TextField } from '../ui/fields.tsx';
import { Copyable } from '../ui/parts.tsx';

interface TokenDialogProps {
  room: string;
  /** Roles of the room, when they are known. */
  roles?: string[] | undefined;
  onClose: () => void;
}

interface Issued {
  room: string;
  user: string;
  answer: IssuedToken;
}

const lifetimes = [
  ['180', '3 minutes'],
  ['900', '15 minutes'],
  ['3600', '1 hour'],
] as const;

/** Makes a token, and shows it once. */
export const TokenDialog = ({ roles, onClose, ...props }: TokenDialogProps): JSX.Element => {
  const api = useApi();
  const running = useCluster()?.rooms ?? [];
  const known = roles ?? usualRoles.map(({ id }) => id);
  const [fields, setFields] = useState({
    room: props.room,
    user: '',
    role: known[0] ?? 'presenter',
    lifetime: '180',
  });
  const [issued, setIssued] = useState<Issued>();
  const set = (change: Partial<typeof fields>): void => {
    setFields({ ...fields, ...change });
  };
  const create = async (): Promise<void> => {
    const [room, user, role] = [fields.room.trim(), fields.user.trim(), fields.role.trim()];
    if (room === '') throw new Error('Enter the id of a room.');
    if (user === '') throw new Error('Enter the name of the user.');
    if (role === '') throw new Error('Enter a role of the room.');
    const answer = await api.createToken(room, { user, role, lifetime: Number(fields.lifetime) });
    setIssued({ room, user, answer });
  };
  if (issued !== undefined) return <IssuedDialog issued={issued} onClose={onClose} />;
  return (
    <Dialog title="New token" onClose={onClose}>
      <DialogForm submit="Create token" onSubmit={create} onCancel={onClose}>
        <TextField
          label="Room"
          name="room"
          value={fields.room}
          onInput={(room) => {
            set({ room });
          }}
          suggestions={running.map(({ room }) => room)}
        />
        <TextField
          label="User"
          name="user"
          value={fields.user}
          onInput={(user) => {
            set({ user });
          }}
        />
        <TextField
          label="Role"
          name="role"
          value={fields.role}
          onInput={(role) => {
            set({ role });
          }}
          suggestions={known}
        />
        <Select
          label="To be used within"
          name="lifetime"
          value={fields.lifetime}
          options={lifetimes}
          onChange={(lifetime) => {
            set({ lifetime });
          }}
        />
      </DialogForm>
    </Dialog>
  );
};

const IssuedDialog = ({ issued, onClose }: { issued: Issued; onClose: () => void }): JSX.Element => {
  const { room, user, answer } = issued;
  const link = joinLink(answer.url, { room, user, token: answer.token });
  return (
    <Dialog title={`Token for ${user}`} onClose={onClose}>
      <div class="dialog-form">
        <div class="dialog-fields">
          <p class="hint">
            It lets one person into <strong>{room}</strong>, once, until {formatTime(answer.expiresAt)}. It is
            not shown again.
          </p>
          <Copyable label="Join link" text={link} />
          <Copyable label="Token" text={answer.token} />
        </div>
        <footer>
          <a class="button" href={link} target="_blank" rel="noreferrer">
            <Glyph name="open" size={18} /> Open
          </a>
          <Button kind="primary" onClick={onClose}>
            Done
          </Button>
        </footer>
      </div>
    </Dialog>
  );
};
