using Millrace.Contracts;
using Millrace.Worker.Inference.Models;
using Millrace.Worker.Jobs;

namespace Millrace.Worker.Inference.Tensors;

/// <summary>Makes what a job asked for of what the graph gave it.</summary>
internal static class ReplyTensors
{
    /// <summary>The tensors of the reply, once the job is whole.</summary>
    /// <param name="outputs">The job's outputs.</param>
    /// <param name="model">The model that ran it.</param>
    /// <exception cref="OutputMismatchException">Scores are not as their labels want them, whatever the graph declares.</exception>
    public static IReadOnlyList<Tensor> ToTensors(this JobOutputs outputs, ModelVersion model)
    {
        var tensors = new Tensor[outputs.Selection.Length];
        // Labels and their scores mostly come one behind the other.
        (LabelSpec? Spec, TopLabels Best) last = default;
        for (var i = 0; i < tensors.Length; i++)
        {
            var index = outputs.Selection[i];
            if (model.LabelOf(index) is not { } label)
            {
                tensors[i] = outputs.ToTensor(index);
                continue;
            }

            if (last.Spec != label)
            {
                last = (label, new TopLabels(label, outputs.ToTensor(label.Output)));
            }

            var name = model.Outputs[index].Name;
            tensors[i] = index == label.LabelOutput ? last.Best.ToLabels(name) : last.Best.ToScores(name);
        }

        return tensors;
    }
}
