import assert from 'node:assert/strict';
import { clientAddress } from '../../../common/http/client-address.ts';

describe('the address of a client', () => {
  it('is that of the connection when there is no proxy, whatever the client says', () => {
    assert.equal(clientAddress('10.0.0.1', '1.2.3.4', 0), '10.0.0.1');
    assert.equal(clientAddress('10.0.0.1', undefined, 1), '10.0.0.1');
  });

  it('is what the outermost proxy of our own has seen', () => {
    assert.equal(clientAddress('10.0.0.1', '9.9.9.9, 1.2.3.4', 1), '1.2.3.4');
    assert.equal(clientAddress('10.0.0.1', '9.9.9.9, 1.2.3.4, 10.0.0.2', 2), '1.2.3.4');
    assert.equal(clientAddress('10.0.0.1', ['9.9.9.9', '1.2.3.4'], 1), '1.2.3.4');
  });

  it('is that of the connection when the header holds too little', () => {
    assert.equal(clientAddress('10.0.0.1', '1.2.3.4', 2), '10.0.0.1');
    assert.equal(clientAddress('10.0.0.1', ' ', 1), '10.0.0.1');
  });
});
