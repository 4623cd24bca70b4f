// One connection: frames over a socket. The frames that a callback of the event loop and its promise callbacks produce leave in one
// write; beats show each side that the other is alive; every connection ends once, with a reason.
import type { Socket } from 'node:net';
import type { Clock, Timer } from '@raftlab/runtime';
import { assert } from '@raftlab/runtime/assert';
import {
  FrameError,
  FrameReader,
  frameKinds,
  headerSizeBytes,
  numberSizeBytes,
  type FrameKind,
} from './frames.ts';
import { encodeRefusal, handshakeFrameMaxBytes } from './handshake.ts';
import type { TcpLimits } from './limits.ts';
import { textOf, type Close, type CloseReason, type Refusal } from './reasons.ts';

/** What a connection carries frames for. Replaced when the handshake has ended. */
export interface ConnectionUser {
  /**
   * A frame has arrived, which is no beat. The body is a view that is valid during the call only. A FrameError that it throws ends
   * the connection as `hostile`.
   */
  onFrame(kind: number, body: Buffer): void;
  /** The system has taken everything that was written. */
  onDrain?(): void;
  /** The connection has ended. Called once, and nothing after it. */
  onClose(close: Close): void;
}

/** What connections are made with. */
export interface ConnectionOptions {
  readonly clock: Clock;
  readonly limits: TcpLimits;
}

/** A buffer that is not larger is used again for the next turn; on a connection that carries snapshots, one of the second size. */
const keptBufferMaxBytes = 64 * 1024;
const keptBulkBufferMaxBytes = 1024 * 1024;
const smallestBufferBytes = 4 * 1024;

/** After a refusal the other side has this long to read it, in ms: a socket that is destroyed at once may never deliver it. */
const lingerMs = 500;

/** A socket that carries frames. The socket may still be connecting: what is written waits for it. */
export class Connection {
  /** Takes what arrives from now on. */
  user: ConnectionUser;
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #reader: FrameReader;
  /** What was written in this turn, or while the write before it is under way. */
  #buffer: Buffer = Buffer.allocUnsafeSlow(smallestBufferBytes);
  #usedBytes = 0;
  #spare: Buffer | undefined;
  #keptMaxBytes = keptBufferMaxBytes;
  #isWelcome = false;
  #isFlushDue = false;
  #isWriting = false;
  /** When the write that is under way began. */
  #writingSince = 0;
  #hasWrittenSinceBeat = false;
  #missedBeats = 0;
  #beatCount = 0;
  #timer: Timer | undefined;
  #close: Close | undefined;
  #socketProblem: string | undefined;

  constructor(socket: Socket, user: ConnectionUser, options: ConnectionOptions) {
    assert(!socket.destroyed, 'a socket that was destroyed is no connection');
    this.user = user;
    this.#socket = socket;
    this.#options = options;
    this.#reader = new FrameReader(handshakeFrameMaxBytes, (kind, body) => this.#take(kind, body));
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.on('error', (error) => (this.#socketProblem ??= textOf(error)));
    socket.on('close', () => this.#end('lost', this.#socketProblem ?? 'the other side has closed it'));
    this.#scheduleTick();
  }

  /** Whether frames can be written. */
  get isOpen(): boolean {
    return this.#close === undefined;
  }

  /** Whether a beat has passed since it was made: the other side did not close it at once. */
  get hasLasted(): boolean {
    return this.#beatCount > 0;
  }

  /** Whether the system has not yet taken a write of an earlier turn: what is written now has to wait behind it. */
  get isBackedUp(): boolean {
    return this.#isWriting;
  }

  /** The bytes that were written and that the system has not taken. */
  get waitingBytes(): number {
    return this.#usedBytes + this.#socket.writableLength;
  }

  /** Frames may be as large as the limits say from now on. */
  endHandshake(): void {
    assert(!this.#isWelcome, 'a handshake ends once');
    this.#isWelcome = true;
    this.#reader.maxBytes = this.#options.limits.frameMaxBytes;
  }

  /**
   * From now on its large buffers are used again too: up to 2 MiB stay allocated. For the few connections between servers, which
   * would make new buffers for each chunk of a snapshot: V8 frees those late.
   */
  keepLargeBuffers(): void {
    this.#keptMaxBytes = keptBulkBufferMaxBytes;
  }

  /**
   * Writes a frame whose body consists of the parts: bytes, which may be changed afterwards, and numbers, in four bytes each. Does
   * nothing once the connection ended.
   */
  write(kind: FrameKind, ...parts: ReadonlyArray<Uint8Array | number>): void {
    if (this.#close !== undefined) return;
    let sizeBytes = 0;
    for (const part of parts) sizeBytes += typeof part === 'number' ? numberSizeBytes : part.length;
    assert(
      sizeBytes <= this.#options.limits.frameMaxBytes,
      () => `a frame of ${sizeBytes} bytes is too large`,
    );
    this.#reserve(headerSizeBytes + sizeBytes);
    let at = this.#buffer.writeUInt32BE(sizeBytes, this.#usedBytes);
    this.#buffer[at] = kind;
    at += 1;
    for (const part of parts) {
      if (typeof part === 'number') {
        at = this.#buffer.writeUInt32BE(part, at);
        continue;
      }
      this.#buffer.set(part, at);
      at += part.length;
    }
    assert(
      at === this.#usedBytes + headerSizeBytes + sizeBytes,
      'a frame has the length that its header says',
    );
    this.#usedBytes = at;
    this.#hasWrittenSinceBeat = true;
    if (this.#isFlushDue || this.#isWriting) return;
    this.#isFlushDue = true;
    // Behind the promise callbacks that are queued. A deferred callback would be an iteration of the event loop more for each message.
    void Promise.resolve().then(() => this.#flush());
  }

  /** Takes bytes that were read from the socket before the connection was made, or by it. */
  receive(chunk: Buffer): void {
    if (this.#close !== undefined) return;
    this.#missedBeats = 0;
    try {
      this.#reader.push(chunk);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      if (this.#isWelcome) this.close('hostile', error.message);
      else this.refuse({ reason: 'foreign', message: `this is not the protocol: ${error.message}` });
    }
  }

  /** Ends the connection at once; what was not sent is lost. Does nothing when it has ended. */
  close(reason: CloseReason, message: string): void {
    if (this.#close !== undefined) return;
    this.#end(reason, message);
    this.#socket.destroy();
  }

  /** Ends the connection after the other side was told why. */
  refuse(refusal: Refusal): void {
    if (this.#close !== undefined) return;
    assert(!this.#isWelcome, 'a connection is refused before it carries anything');
    this.write(frameKinds.refusal, encodeRefusal(refusal));
    const bytes = this.#buffer.subarray(0, this.#usedBytes);
    this.#end('refused', refusal.message);
    this.#socket.end(bytes);
    this.#timer = this.#options.clock.setTimer(lingerMs, () => this.#socket.destroy());
    this.#socket.once('close', () => this.#timer?.cancel());
  }

  #take(kind: number, body: Buffer): void {
    if (this.#close !== undefined) return;
    if (kind !== frameKinds.beat) this.user.onFrame(kind, body);
    else if (body.length > 0) throw new FrameError(`a beat with ${body.length} bytes`);
  }

  // ---- writing ----

  /** Makes room for `sizeBytes` more bytes after those that wait. */
  #reserve(sizeBytes: number): void {
    const neededBytes = this.#usedBytes + sizeBytes;
    if (neededBytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(neededBytes, this.#buffer.length * 2));
    larger.set(this.#buffer.subarray(0, this.#usedBytes));
    this.#buffer = larger;
    assert(this.#buffer.length >= neededBytes, 'the room that was made suffices');
  }

  /** Hands everything that waits to the system, in one write, unless the one before it is under way. */
  #flush(): void {
    this.#isFlushDue = false;
    if (this.#isWriting || this.#usedBytes === 0 || this.#close !== undefined) return;
    assert(this.#usedBytes <= this.#buffer.length, 'more was written than there is room for');
    const written = this.#buffer;
    const bytes = written.subarray(0, this.#usedBytes);
    this.#buffer = this.#spare ?? Buffer.allocUnsafeSlow(smallestBufferBytes);
    this.#spare = undefined;
    this.#usedBytes = 0;
    this.#isWriting = true;
    this.#writingSince = this.#options.clock.now();
    this.#socket.write(bytes, (error) => {
      // The socket's `close` event says the rest.
      if (error === null || error === undefined) this.#onWritten(written);
    });
  }

  #onWritten(written: Buffer): void {
    assert(this.#isWriting, 'a write ended that was not under way');
    this.#isWriting = false;
    if (this.#close !== undefined) return;
    if (written.length <= this.#keptMaxBytes) this.#spare = written;
    if (this.#usedBytes > 0) this.#flush();
    else this.user.onDrain?.();
  }

  // ---- beats ----

  #scheduleTick(): void {
    const { clock, limits } = this.#options;
    this.#timer = clock.setTimer(limits.beatMs, () => this.#tick());
  }

  /**
   * Beats are counted, not timed: a process that was stopped for a minute comes here once, and then reads what arrived meanwhile,
   * before it comes here again.
   */
  #tick(): void {
    if (this.#close !== undefined) return;
    const { clock, limits } = this.#options;
    this.#beatCount += 1;
    this.#missedBeats += 1;
    if (this.#missedBeats > limits.missedBeatsMax) {
      this.close('silent', `nothing came for ${limits.missedBeatsMax} beats of ${limits.beatMs} ms`);
      return;
    }
    if (this.#isWriting && clock.now() - this.#writingSince > limits.writeMaxMs) {
      this.close('slow', `the other side has not read for ${limits.writeMaxMs} ms`);
      return;
    }
    assert(this.#missedBeats <= limits.missedBeatsMax, 'a silent connection has ended');
    if (!this.#hasWrittenSinceBeat) this.write(frameKinds.beat);
    this.#hasWrittenSinceBeat = false;
    this.#scheduleTick();
  }

  // ---- the end ----

  #end(reason: CloseReason, message: string): void {
    if (this.#close !== undefined) return;
    assert(message !== '', () => `the end of a connection (${reason}) has a message`);
    this.#close = { reason, message };
    this.#timer?.cancel();
    this.#reader.end();
    this.#buffer = Buffer.alloc(0);
    this.#usedBytes = 0;
    this.user.onClose(this.#close);
  }
}
