export { type Codec, CodecError, tupleCodec, unpackTuple, validate, valueCodec } from './codec.ts';
export {
  bind,
  type BoundMethod,
  type CallResult,
  type ClientEnd,
  type Handler,
  makeService,
  type Method,
  type Service,
  splitMethodName,
  valueMethod,
} from './service.ts';
export { findUntravellable, formatPath, maxDepth, type ValuePath } from './travel.ts';
