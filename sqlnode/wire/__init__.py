"""The MySQL client/server protocol: bytes to commands, and results to bytes.

It knows packets, authentication and row encodings; it must not know SQL text, plans or keys: a `Session` runs the
commands and returns a `Result`. Central types: `framing.PacketProtocol` (packets in, one write buffer out),
`connection.Connection` (one client), `commands` (what a client asks), `resultset` and `transcode` (rows as bytes).
Start reading in `connection`.
"""
