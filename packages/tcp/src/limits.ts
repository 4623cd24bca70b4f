// The bounds of a network, with their units and defaults.

/** The bounds of a network, of both its sides. All are positive; counts and bytes are whole numbers. */
export interface TcpLimits {
  /** The largest frame, in bytes, without its header. A larger one that arrives ends its connection; none is sent. */
  readonly frameMaxBytes: number;
  /**
   * How many bytes may wait for one connection. Of Raft's messages the oldest are dropped, and reported as unreachable; a call is
   * refused as busy; a client that does not read its replies loses its connection.
   */
  readonly queueMaxBytes: number;
  /** How many bytes are handed to a socket at a time, for the lanes of Raft's messages. More wait where they can be dropped. */
  readonly writeMaxBytes: number;
  /** How many connections a server accepts, those that are not yet through their handshake included. */
  readonly connectionsMax: number;
  /** How many calls may be pending on one connection. Both sides keep to it: one more is refused as busy. */
  readonly callsInFlightMax: number;
  /** How long a connection may take to be made, and to say who it is, in ms. */
  readonly handshakeMaxMs: number;
  /** How long a call may take, in ms, unless the call says otherwise. */
  readonly callMaxMs: number;
  /** A side that has nothing else to send sends a beat this often, in ms. */
  readonly beatMs: number;
  /** A connection on which this many beats in a row are missing is ended: the other side hangs, or the network is cut. */
  readonly missedBeatsMax: number;
  /** A connection whose other side takes this long to accept what is written is ended, in ms. */
  readonly writeMaxMs: number;
  /** The first pause before a connection is tried again, in ms; it doubles with every failure. */
  readonly reconnectMinMs: number;
  /** The longest pause, in ms. Each is shortened by up to half, at random, so that servers do not come at the same time. */
  readonly reconnectMaxMs: number;
}

const mebibyte = 1024 * 1024;

/**
 * For servers in one region. A connection that was cut for seconds is noticed after two: then a new one works at once, while an old
 * one waits for the retransmission of TCP, which backs off.
 */
export const defaultLimits: TcpLimits = {
  frameMaxBytes: 16 * mebibyte,
  queueMaxBytes: 64 * mebibyte,
  writeMaxBytes: 256 * 1024,
  connectionsMax: 1024,
  callsInFlightMax: 1024,
  handshakeMaxMs: 2000,
  callMaxMs: 10_000,
  beatMs: 250,
  missedBeatsMax: 8,
  writeMaxMs: 10_000,
  reconnectMinMs: 20,
  reconnectMaxMs: 1000,
};

const times: ReadonlySet<string> = new Set([
  'handshakeMaxMs',
  'callMaxMs',
  'beatMs',
  'writeMaxMs',
  'reconnectMinMs',
  'reconnectMaxMs',
]);

/** The length of a frame is sent in four bytes; this keeps it far from their end. */
const frameMaxBytesMax = 1024 * mebibyte;

/** Completes the given bounds with `defaultLimits`. Throws a RangeError that names the one that makes no sense. */
export function completeLimits(given: Partial<TcpLimits> = {}): TcpLimits {
  const unknown = Object.keys(given).find((name) => !(name in defaultLimits));
  if (unknown !== undefined) throw new RangeError(`there is no limit of the name ${unknown}.`);
  const limits = { ...defaultLimits, ...given };
  for (const [name, value] of Object.entries(limits)) {
    const isWhole = times.has(name) || Number.isSafeInteger(value);
    if (!(value > 0 && value < Infinity && isWhole))
      throw new RangeError(
        `the limit ${name} must be a positive${times.has(name) ? '' : ' whole'} number; got ${value}.`,
      );
  }
  const { frameMaxBytes, queueMaxBytes, reconnectMinMs, reconnectMaxMs } = limits;
  if (frameMaxBytes > frameMaxBytesMax)
    throw new RangeError(
      `the limit frameMaxBytes must be ${frameMaxBytesMax} or less; got ${frameMaxBytes}.`,
    );
  if (queueMaxBytes < frameMaxBytes)
    throw new RangeError(
      `the limit queueMaxBytes (${queueMaxBytes}) must not be less than frameMaxBytes (${frameMaxBytes}).`,
    );
  if (reconnectMaxMs < reconnectMinMs)
    throw new RangeError(
      `the limit reconnectMaxMs (${reconnectMaxMs}) must not be less than reconnectMinMs (${reconnectMinMs}).`,
    );
  return limits;
}
