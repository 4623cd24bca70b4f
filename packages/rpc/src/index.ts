export { CodecError } from './codec-error.ts';
export { type Codec, packTuple, tupleCodec, unpackTuple, validate, valueCodec } from './codec.ts';
export { wholeMax, write16, write32, write8, writeWhole } from './msgpack-bytes.ts';
export { isCount, isText, quickCodec, type QuickShape } from './quick-codec.ts';
export {
  findUnserializable,
  formatPath,
  nestingLevelMax,
  type Unserializable,
  type ValuePath,
} from './serializable.ts';
export {
  bind,
  bindOutcome,
  type BoundMethod,
  type CallResult,
  type ClientEnd,
  type EndCallOptions,
  type Handler,
  InvalidServiceError,
  makeService,
  type Method,
  type Service,
  splitMethodName,
  unreachableCallMaxMs,
  valueMethod,
} from './service.ts';
