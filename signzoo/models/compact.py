"""Makes a compact language model from nothing: a SentencePiece tokenizer and random weights.

For languages and machines that no large language model is for. ``python -m
signzoo.models.compact FILE.jsonl ... --out FOLDER`` writes a folder that
``--model.network.language_model FOLDER`` trains.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from signzoo._files import atomic_path
from signzoo.errors import MissingPackageError, SignzooError, UsageError

# Ids that both libraries agree on; the rest of the vocabulary follows.
_PAD, _END, _UNKNOWN = "<pad>", "</s>", "<unk>"
_JOBS = ("<gloss>", "<text>", "<denoise>", "<blank>", "<example>")


@dataclass(frozen=True)
class CompactConfig:
    """Size of a compact encoder-decoder (a pre-norm transformer, transformers' M2M100).

    Attributes:
        num_tokens: Size of the vocabulary, with the tokens that say what is asked for.
        width: Size of every state.
        inner_width: Size of the hidden layer of each feed-forward block.
        heads: Attention heads.
        encoder_layers: Layers that read.
        decoder_layers: Layers that write.
        dropout: Share of activations that training leaves out.
    """

    num_tokens: int = 8000
    width: int = 256
    inner_width: int = 1024
    heads: int = 4
    encoder_layers: int = 4
    decoder_layers: int = 2
    dropout: float = 0.15


def make_compact(
    texts: Iterable[str],
    corpora: Sequence[str],
    folder: Path,
    config: CompactConfig | None = None,
    seed: int = 0,
) -> None:
    """Write a language model with random weights.

    Args:
        texts: What the tokenizer is trained on.
        corpora: Names of corpora; each gets a token ``<name>`` of its own for the prompts.
        folder: Where to write; a new folder.
        config: Its size.
        seed: Of the weights.

    Raises:
        UsageError: There is too little text for so many tokens.
        MissingPackageError: SentencePiece is not installed.
    """
    import torch
    from transformers import M2M100Config, M2M100ForConditionalGeneration

    config = config or CompactConfig()
    tokenizer = train_tokenizer(texts, config.num_tokens, [f"<{name}>" for name in corpora])
    torch.manual_seed(seed)
    model = M2M100ForConditionalGeneration(
        M2M100Config(
            vocab_size=len(tokenizer),
            d_model=config.width,
            encoder_ffn_dim=config.inner_width,
            decoder_ffn_dim=config.inner_width,
            encoder_attention_heads=config.heads,
            decoder_attention_heads=config.heads,
            encoder_layers=config.encoder_layers,
            decoder_layers=config.decoder_layers,
            encoder_layerdrop=0.0,
            decoder_layerdrop=0.0,
            dropout=config.dropout,
            attention_dropout=0.0,  # on so little data the residual dropout does the work
            activation_dropout=0.0,
            max_position_embeddings=1024,
            scale_embedding=True,
            decoder_start_token_id=tokenizer.eos_token_id,
            bos_token_id=tokenizer.eos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    with atomic_path(folder, folder=True) as part:
        model.save_pretrained(part)
        tokenizer.save_pretrained(part)


def train_tokenizer(texts: Iterable[str], num_tokens: int, names: Sequence[str]) -> Any:
    """Train a SentencePiece BPE tokenizer and turn it into one that loads from JSON.

    Text is lower-cased and normalised (NFKC), so that a gloss and the word that it is named after
    share their tokens.

    Args:
        texts: Sentences and gloss sequences.
        num_tokens: Size of the vocabulary.
        names: Tokens beside those of the text and those of the jobs.

    Returns:
        A fast tokenizer of transformers.

    Raises:
        UsageError: There is too little text for so many tokens.
        MissingPackageError: SentencePiece is not installed.
    """
    try:
        import sentencepiece
    except ImportError as error:
        raise MissingPackageError(
            "A new tokenizer needs SentencePiece: pip install sentencepiece."
        ) from error
    with tempfile.TemporaryDirectory() as scratch:
        try:
            sentencepiece.SentencePieceTrainer.train(
                sentence_iterator=iter([_normaliser().normalize_str(text) for text in texts]),
                model_prefix=f"{scratch}/pieces",
                vocab_size=num_tokens,
                model_type="bpe",
                character_coverage=0.9999,
                user_defined_symbols=[*_JOBS, *names],
                pad_id=0,
                eos_id=1,
                unk_id=2,
                bos_id=-1,
                pad_piece=_PAD,
                eos_piece=_END,
                unk_piece=_UNKNOWN,
                normalization_rule_name="identity",
                num_threads=1,
                minloglevel=2,
            )
        except RuntimeError as error:
            reason = " ".join(str(error).split())
            raise UsageError(
                f"No tokenizer of {num_tokens} tokens can be made: {reason}"
            ) from error
        pieces = sentencepiece.SentencePieceProcessor(model_file=f"{scratch}/pieces.model")
    return _convert(pieces, [*_JOBS, *names])


def _normaliser() -> Any:
    from tokenizers import Regex, normalizers

    steps = [
        normalizers.NFKC(),
        normalizers.Lowercase(),
        normalizers.Replace(Regex(r"\s+"), " "),
        normalizers.Strip(),
    ]
    return normalizers.Sequence(steps)


def _convert(pieces: Any, names: Sequence[str]) -> Any:
    """The same merges as a tokenizer that transformers reads from JSON."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    # It is not among that module's exported names, where a type checker looks.
    from transformers.convert_slow_tokenizer import generate_merges  # type: ignore[attr-defined]

    scores = {pieces.id_to_piece(i): pieces.get_score(i) for i in range(pieces.get_piece_size())}
    ids = {piece: i for i, piece in enumerate(scores)}
    merges = generate_merges(ids, scores)
    tokenizer = Tokenizer(models.BPE(ids, merges, unk_token=_UNKNOWN, fuse_unk=True))
    tokenizer.normalizer = _normaliser()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=True)
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="always")
    special = [_PAD, _END, _UNKNOWN, *names]
    tokenizer.add_special_tokens([AddedToken(name, normalized=False) for name in special])
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"$A {_END}", special_tokens=[(_END, ids[_END])]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token=_PAD, eos_token=_END, unk_token=_UNKNOWN
    )


def main() -> None:
    """Make a compact language model of the files that are named."""
    from signzoo.data.pairs import read_pairs
    from signzoo.data.sentences import read_sentences

    parser = argparse.ArgumentParser(prog="python -m signzoo.models.compact", description=__doc__)
    parser.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="sentences with their glosses, or the folder of a corpus of signed sentences",
    )
    parser.add_argument("--out", required=True, type=Path, metavar="FOLDER")
    for name, value in vars(CompactConfig()).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=value)
    parser.add_argument("--seed", type=int, default=0)
    given = vars(parser.parse_args())
    files, out, seed = given.pop("files"), given.pop("out"), given.pop("seed")
    try:
        pairs = [
            pair
            for path in files
            for pair in (read_sentences(path) if path.is_dir() else read_pairs(path))
        ]
        texts = [text for pair in pairs for text in (pair.text, " ".join(pair.gloss)) if text]
        names = list(
            dict.fromkeys(path.name if path.is_dir() else path.parent.name for path in files)
        )
        make_compact(texts, names, out, CompactConfig(**given), seed)
    except SignzooError as error:
        sys.exit(str(error))
    print(out)


if __name__ == "__main__":
    main()
