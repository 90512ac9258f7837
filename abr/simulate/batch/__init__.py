"""Many sessions at once, on arrays; import it where it is used, since it brings numpy along."""

from abr.simulate.batch.driver import simulate_batch
from abr.simulate.batch.metrics import batch_metrics, batch_scores
from abr.simulate.batch.result import BatchResult
from abr.simulate.batch.rules import BATCHED, is_batched

__all__ = ["BATCHED", "BatchResult", "batch_metrics", "batch_scores", "is_batched", "simulate_batch"]
