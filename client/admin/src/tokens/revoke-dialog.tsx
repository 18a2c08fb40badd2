import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useApi } from '../live/context.ts';
import { count } from '../model/format.ts';
import { Dialog, DialogForm } from '../ui/dialog.tsx';
import { TextField } from '../ui/fields.tsx';
import { useAction } from '../ui/notices.tsx';

interface RevokeDialogProps {
  room: string;
  user: string;
  onClose: () => void;
}

/** Revokes all tokens of a user, of a room, or of a user in a room. */
export const RevokeDialog = ({ onClose, ...props }: RevokeDialogProps): JSX.Element => {
  const api = useApi();
  const { done } = useAction();
  const [room, setRoom] = useState(props.room);
  const [user, setUser] = useState(props.user);
  const [inRoom, ofUser] = [room.trim(), user.trim()];
  const revoke = async (): Promise<void> => {
    if (inRoom === '' && ofUser === '') throw new Error('Name a user, a room, or both.');
    const { dropped } = await api.revoke({
      ...(inRoom === '' ? {} : { room: inRoom }),
      ...(ofUser === '' ? {} : { user: ofUser }),
    });
    done(`Tokens revoked, ${count(dropped, 'participant')} dropped`);
    onClose();
  };
  const whose = ofUser === '' ? 'everybody' : ofUser;
  const where = inRoom === '' ? 'in all rooms' : `in ${inRoom}`;
  return (
    <Dialog title="Revoke tokens" onClose={onClose}>
      <DialogForm submit="Revoke" tone="danger" onSubmit={revoke} onCancel={onClose}>
        <TextField label="User" name="user" value={user} onInput={setUser} placeholder="everybody" />
        <TextField label="Room" name="room" value={room} onInput={setRoom} placeholder="all rooms" />
        {(inRoom !== '' || ofUser !== '') && (
          <p class="hint">
            Tokens that were made until now for {whose} {where} join nobody any more. Whoever joined with one
            is sent away.
          </p>
        )}
      </DialogForm>
    </Dialog>
  );
};
