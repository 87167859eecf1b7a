"""Generated protocol code and the numbers that go with it. Only `store`, `executor.copr` and the planner's push-down
import it.

`tipb_pb2.py` and `tipb_pb2.pyi` are generated from `tipb.proto` by (in the project's root):

    python -m grpc_tools.protoc -I store/proto --python_out=store/proto --mypy_out=store/proto store/proto/tipb.proto
"""
