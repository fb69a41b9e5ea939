/**
 * A check by the compiler only: the three packages export the same values with the same types, and
 * the same types, so that changing one import moves a program to another runtime.
 */
import type * as bun from "@framewright/bun-transport";
import type * as deno from "@framewright/deno-transport";
import type * as node from "@framewright/node-transport";

/** Whether two types are identical. Mutual assignability is not enough. */
type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only if everything is the same. */
type AllTrue<Checks extends readonly true[]> = Checks;

/** The types that a program may name. */
interface NodeTypes {
  Certificate: node.Certificate;
  ClientTls: node.ClientTls;
  CloseInfo: node.CloseInfo;
  CloseOptions: node.CloseOptions;
  CommonOptions: node.CommonOptions;
  ConnectOptions: node.ConnectOptions<string>;
  DiagnosticsMessages: node.DiagnosticsMessages;
  Direction: node.Direction;
  Handlers: node.Handlers<string>;
  HandshakeErrorCode: node.HandshakeErrorCode;
  HeadersInit: node.HeadersInit;
  HttpResponse: node.HttpResponse;
  LimitAction: node.LimitAction;
  LimitName: node.LimitName;
  Message: node.Message;
  PeerCertificate: node.PeerCertificate;
  ProtocolErrorCode: node.ProtocolErrorCode;
  SendResult: node.SendResult;
  ServeOptions: node.ServeOptions<string>;
  Server: node.Server<string>;
  ServerTls: node.ServerTls;
  WebSocket: node.Socket<string>;
}

interface DenoTypes {
  Certificate: deno.Certificate;
  ClientTls: deno.ClientTls;
  CloseInfo: deno.CloseInfo;
  CloseOptions: deno.CloseOptions;
  CommonOptions: deno.CommonOptions;
  ConnectOptions: deno.ConnectOptions<string>;
  DiagnosticsMessages: deno.DiagnosticsMessages;
  Direction: deno.Direction;
  Handlers: deno.Handlers<string>;
  HandshakeErrorCode: deno.HandshakeErrorCode;
  HeadersInit: deno.HeadersInit;
  HttpResponse: deno.HttpResponse;
  LimitAction: deno.LimitAction;
  LimitName: deno.LimitName;
  Message: deno.Message;
  PeerCertificate: deno.PeerCertificate;
  ProtocolErrorCode: deno.ProtocolErrorCode;
  SendResult: deno.SendResult;
  ServeOptions: deno.ServeOptions<string>;
  Server: deno.Server<string>;
  ServerTls: deno.ServerTls;
  WebSocket: deno.Socket<string>;
}

interface BunTypes {
  Certificate: bun.Certificate;
  ClientTls: bun.ClientTls;
  CloseInfo: bun.CloseInfo;
  CloseOptions: bun.CloseOptions;
  CommonOptions: bun.CommonOptions;
  ConnectOptions: bun.ConnectOptions<string>;
  DiagnosticsMessages: bun.DiagnosticsMessages;
  Direction: bun.Direction;
  Handlers: bun.Handlers<string>;
  HandshakeErrorCode: bun.HandshakeErrorCode;
  HeadersInit: bun.HeadersInit;
  HttpResponse: bun.HttpResponse;
  LimitAction: bun.LimitAction;
  LimitName: bun.LimitName;
  Message: bun.Message;
  PeerCertificate: bun.PeerCertificate;
  ProtocolErrorCode: bun.ProtocolErrorCode;
  SendResult: bun.SendResult;
  ServeOptions: bun.ServeOptions<string>;
  Server: bun.Server<string>;
  ServerTls: bun.ServerTls;
  WebSocket: bun.Socket<string>;
}

/** Compares the types of two lists by name. */
type SameTypes<A, B extends Record<keyof A, unknown>> = {
  [Name in keyof A]: Same<A[Name], B[Name]>;
}[keyof A];

export type ExportsAreTheSame = AllTrue<
  [
    Same<typeof node, typeof deno>,
    Same<typeof node, typeof bun>,
    Same<keyof NodeTypes, keyof DenoTypes>,
    Same<keyof NodeTypes, keyof BunTypes>,
    SameTypes<NodeTypes, DenoTypes>,
    SameTypes<NodeTypes, BunTypes>,
  ]
>;

/** Shows that the check can fail. */
export type DifferencesAreSeen = AllTrue<
  [
    Same<Same<typeof node, Omit<typeof node, "serve">>, false>,
    Same<Same<node.ServeOptions<string>, node.ServeOptions<number>>, false>,
    Same<SameTypes<{ a: 1; b: 2 }, { a: 1; b: 3 }>, boolean>,
  ]
>;
